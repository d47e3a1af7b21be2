from __future__ import annotations

from argparse import Namespace

from apps.cli.declaring import DAG, YES, Command
from apps.cli.exits import Exit, Misused, Refused
from apps.cli.session import Session


def run(session: Session, options: Namespace) -> Exit:
    if not options.yes and not session.outside.stdin.isatty():
        raise Misused("This asks before it deletes, and here nobody can answer.", hint="Add --yes.")
    if not options.yes and not session.agrees(f"Delete {options.dag} with all its versions?"):
        session.say(f"{options.dag} stays.")
        return Exit.FINE
    _delete(session, options.dag)
    session.say(f"{options.dag} is deleted.")
    return Exit.FINE


def _delete(session: Session, dag: str) -> None:
    try:
        session.api.delete(dag)
    except Refused as refused:
        if refused.code == "dag_in_use" and session.api.dag(dag)["active"]:
            refused.hint = f"`trace deactivate {dag}` switches it off."
        raise


COMMAND = Command(
    "delete", "delete a DAG that was never active, with its versions", run, (DAG, YES),
    details="Asks first. One that was ever active is switched off instead: `trace deactivate DAG`.",
)  # fmt: skip
