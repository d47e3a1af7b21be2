from __future__ import annotations

from argparse import Namespace

from apps.cli.choosing import HELP, METAVAR, choose
from apps.cli.declaring import DAG, Command, argument
from apps.cli.exits import Exit
from apps.cli.session import Session


def run(session: Session, options: Namespace) -> Exit:
    version = choose(session.api, options.dag, options.version)
    if version["state"] == "active":
        session.say(f"Version {version['number']} of {options.dag} is active already.")
        return Exit.FINE
    session.api.activate(options.dag, version["id"])
    session.say(f"Version {version['number']} of {options.dag} is active.")
    return Exit.FINE


COMMAND = Command(
    "activate", "make a version the active one", run,
    (DAG, argument("version", nargs="?", default="latest", metavar=METAVAR, help=f"{HELP}; without it, latest")),
)  # fmt: skip
