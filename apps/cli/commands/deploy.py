from __future__ import annotations

from argparse import Namespace

from apps.cli import deploying
from apps.cli.choosing import HELP, METAVAR, choose
from apps.cli.commands.rounds import read, rounds
from apps.cli.declaring import ACTIVATE, FORMAT, PATHS, WATCH, Command, argument
from apps.cli.exits import MEANINGS, Exit, Misused
from apps.cli.outcomes import Outcome, exit_of
from apps.cli.reports import report
from apps.cli.session import Session


def run(session: Session, options: Namespace) -> Exit:
    def act() -> Exit:
        outcomes = deploying.check_all(session.api, read(session, options.paths))
        base = _base(session, options.base, outcomes)
        deploying.deploy_all(session.api, outcomes, activate=options.activate, base=base)
        report(session, outcomes, form=options.format)
        return exit_of(outcomes)

    if options.base and options.watch:
        raise Misused("--base is of one deployment, --watch makes several.")
    return rounds(session, options.paths, act, watched=options.watch)


def _base(session: Session, wanted: str | None, outcomes: list[Outcome]) -> str | None:
    if wanted is None:
        return None
    if len(outcomes) != 1:
        raise Misused("--base names a version of one DAG: give one document.")
    name = outcomes[0].name
    return str(choose(session.api, name, wanted)["id"]) if name else None


COMMAND = Command(
    "deploy", "make documents versions of their DAGs", run,
    (
        PATHS, ACTIVATE,
        argument("--base", metavar=METAVAR, help=f"refuse if another version came after this one; {HELP}"),
        FORMAT, WATCH,
    ),
    details="The DAG is the one that the document names. A text that is a version already stays that version.\n"
    "Nothing is deployed while one of the documents has problems.",
    exits=tuple(MEANINGS),
)  # fmt: skip
