from __future__ import annotations

from argparse import Namespace

from apps.cli.declaring import DAG, YES, Command
from apps.cli.exits import Exit, Misused
from apps.cli.session import Session


def run(session: Session, options: Namespace) -> Exit:
    if not options.yes and not session.outside.stdin.isatty():
        raise Misused("This asks before it deletes, and here nobody can answer.", hint="Add --yes.")
    if not options.yes and not session.agrees(f"Delete {options.dag} with all its versions?"):
        session.say(f"{options.dag} stays.")
        return Exit.FINE
    session.api.delete(options.dag)
    session.say(f"{options.dag} is deleted.")
    return Exit.FINE


COMMAND = Command(
    "delete", "delete a DAG that was never active, with its versions", run, (DAG, YES),
    details="Asks first. One that was ever active is switched off instead: `trace deactivate DAG`.",
)  # fmt: skip
