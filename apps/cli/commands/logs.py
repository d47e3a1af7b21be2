from __future__ import annotations

from argparse import Namespace

from apps.cli.declaring import Command, argument
from apps.cli.exits import Exit
from apps.cli.following import write_log
from apps.cli.session import Session


def run(session: Session, options: Namespace) -> Exit:
    write_log(session, options.task, attempt=options.attempt, follow=options.follow)
    return Exit.FINE


COMMAND = Command(
    "logs", "print the log of a task", run,
    (
        argument("task", metavar="TASK", help="id of a task"),
        argument("-f", "--follow", action="store_true", help="go on until the attempt has ended"),
        argument("--attempt", type=int, metavar="N", help="the log of that attempt; without it, of the latest"),
    ),
)  # fmt: skip
