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
    dag = session.api.activate(options.dag, version["id"], cutover="manual" if options.manual else "auto")
    if dag["building"]:
        session.say(
            f"Version {version['number']} of {options.dag} is being built first; `trace cutover {options.dag}` says how far it is."
        )
    else:
        session.say(f"Version {version['number']} of {options.dag} is active.")
    return Exit.FINE


MANUAL = argument(
    "--manual", action="store_true", help="one that has to be built first waits when it is ready: `trace cutover DAG --now`"
)


COMMAND = Command(
    "activate", "make a version the active one", run,
    (DAG, MANUAL, argument("version", nargs="?", default="latest", metavar=METAVAR, help=f"{HELP}; without it, latest")),
)  # fmt: skip
