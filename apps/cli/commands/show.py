from __future__ import annotations

from argparse import Namespace

from apps.cli.choosing import HELP, METAVAR, choose, choose_shown
from apps.cli.declaring import DAG, Command, argument
from apps.cli.exits import Exit
from apps.cli.session import Session


def run(session: Session, options: Namespace) -> Exit:
    api, dag = session.api, options.dag
    version = choose(api, dag, options.version) if options.version else choose_shown(api, dag)
    # As it was deployed, to the byte.
    session.outside.stdout.write(api.version(dag, version["id"])["yaml"])
    return Exit.FINE


COMMAND = Command(
    "show", "print the document of a version", run,
    (DAG, argument("version", nargs="?", metavar=METAVAR, help=f"{HELP}; without it, the active one, else the latest")),
)  # fmt: skip
