from __future__ import annotations

from argparse import Namespace

from apps.cli.choosing import HELP, METAVAR, choose, no_such_version
from apps.cli.declaring import DAG, Command, argument
from apps.cli.exits import Exit, Misused
from apps.cli.session import Session
from apps.cli.told import Json


def run(session: Session, options: Namespace) -> Exit:
    api, dag = session.api, options.dag
    active: Json | None = api.dag(dag)["active"]
    version = choose(api, dag, options.version) if options.version else _active_before(session, dag, active)
    if active and version["number"] >= active["number"]:
        raise Misused(
            f"Version {version['number']} is not earlier than version {active['number']}, which is active.",
            hint=f"`trace activate {dag} {version['number']}` goes forward.",
        )
    if not any(move["version"] and move["version"]["id"] == version["id"] for move in api.activations(dag)):
        raise Misused(
            f"Version {version['number']} of {dag} was never active, so there is no way back to it.",
            hint=f"`trace activate {dag} {version['number']}` makes it the active one.",
        )
    api.activate(dag, version["id"])
    left = f"; it was version {active['number']}" if active else ""
    session.say(f"Version {version['number']} of {dag} is active{left}.")
    return Exit.FINE


def _active_before(session: Session, dag: str, active: Json | None) -> Json:
    """The last earlier one that was: said twice it goes back twice, not to and fro."""
    for activation in session.api.activations(dag):
        version: Json | None = activation["version"]
        if version and (active is None or version["number"] < active["number"]):
            return version
    what = f"earlier than {active['number']}" if active else "of it"
    raise no_such_version(dag, f"{dag} has no version {what} that was ever active.")


COMMAND = Command(
    "rollback", "make an earlier version the active one again", run,
    (DAG, argument("version", nargs="?", metavar=METAVAR, help=f"{HELP}; without it, the one that was active before")),
    details="Of a DAG that is switched off, the one that was active last.",
)  # fmt: skip
