from __future__ import annotations

from argparse import Namespace

from apps.cli.declaring import DAG, Command
from apps.cli.exits import Exit
from apps.cli.session import Session


def run(session: Session, options: Namespace) -> Exit:
    active = session.api.dag(options.dag)["active"]
    if active is None:
        session.say(f"{options.dag} is switched off already.")
        return Exit.FINE
    session.api.activate(options.dag, None)
    session.say(f"{options.dag} is switched off; version {active['number']} was active.")
    return Exit.FINE


COMMAND = Command(
    "deactivate",
    "switch a DAG off",
    run,
    (DAG,),
    details="Its versions and its data stay. `trace rollback DAG` switches it on again.",
)
