from __future__ import annotations

from argparse import Namespace

from apps.cli import deploying
from apps.cli.commands.rounds import read, rounds
from apps.cli.declaring import FORMAT, PATHS, WATCH, Command
from apps.cli.exits import MEANINGS, Exit
from apps.cli.outcomes import exit_of
from apps.cli.reports import report
from apps.cli.session import Session


def run(session: Session, options: Namespace) -> Exit:
    def act() -> Exit:
        outcomes = deploying.check_all(session.api, read(session, options.paths))
        report(session, outcomes, form=options.format)
        return exit_of(outcomes)

    return rounds(session, options.paths, act, watched=options.watch)


COMMAND = Command(
    "validate", "check documents, and keep nothing", run, (PATHS, FORMAT, WATCH),
    details="All problems of all documents are told, each with its place.", exits=tuple(MEANINGS),
)  # fmt: skip
