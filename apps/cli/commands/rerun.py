from __future__ import annotations

from argparse import Namespace
from uuid import uuid4

from apps.cli.declaring import Command, argument
from apps.cli.exits import PLAIN_EXITS, Exit
from apps.cli.following import follow_runs
from apps.cli.session import Session


def run(session: Session, options: Namespace) -> Exit:
    made = session.runs.rerun(options.task, alone=options.alone, key=str(uuid4()))
    session.say(made)
    return follow_runs(session, [made]) if options.follow else Exit.FINE


COMMAND = Command(
    "rerun", "do the work of a task that is over again, and of all below it, as the active version says", run,
    (
        argument("task", metavar="TASK", help="id of a task"),
        argument("--alone", action="store_true", help="the jobs below hear nothing of it"),
        argument("--follow", action="store_true", help="wait until all of the run is over, and fail if any of it does"),
    ),
    exits=(Exit.FINE, Exit.PROBLEMS, *PLAIN_EXITS[1:]),
)  # fmt: skip
