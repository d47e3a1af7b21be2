from __future__ import annotations

from argparse import Namespace

from apps.cli import deploying
from apps.cli.commands.rounds import read, rounds
from apps.cli.declaring import ACTIVATE, FORMAT, WATCH, YES, Command, argument
from apps.cli.exits import MEANINGS, Exit, Misused
from apps.cli.outcomes import Outcome, exit_of
from apps.cli.planning import plan_all
from apps.cli.pruning import agreed, switch_off, without_file
from apps.cli.reports import report
from apps.cli.session import Session


def run(session: Session, options: Namespace) -> Exit:
    _refuse_what_cannot_be(session, options)
    return rounds(session, [options.directory], lambda: _sync(session, options), watched=options.watch)


def _refuse_what_cannot_be(session: Session, options: Namespace) -> None:
    directory = session.outside.directory / options.directory
    if not directory.exists():
        raise Misused(f"There is no directory {options.directory}.", hint="It is looked for below the one that you are in.")
    if not directory.is_dir():
        raise Misused(f"{options.directory} is no directory.", hint="`trace deploy` takes files.")
    if not options.prune or options.yes or options.dry_run:
        return
    if options.watch or not session.outside.stdin.isatty():
        raise Misused(
            "--prune asks before it switches DAGs off, and here nobody can answer.", hint="Add --yes, or --dry-run to see."
        )


def _sync(session: Session, options: Namespace) -> Exit:
    outcomes = deploying.check_all(session.api, read(session, [options.directory]))
    if options.dry_run:
        plan_all(session.api, outcomes, activate=options.activate)
    else:
        deploying.deploy_all(session.api, outcomes, activate=options.activate)
    ended = exit_of(outcomes)
    pruned = _prune(session, options, outcomes) if options.prune and ended is Exit.FINE else []
    report(session, outcomes, form=options.format, switched_off=pruned, is_plan=options.dry_run)
    if options.prune and ended is not Exit.FINE:
        session.tell("No DAG is switched off while a document is not right.")
    return ended


def _prune(session: Session, options: Namespace, outcomes: list[Outcome]) -> list[str]:
    names = without_file(session.api, outcomes)
    if options.dry_run or not names:
        return names
    return switch_off(session, names) if options.yes or agreed(session, names) else []


COMMAND = Command(
    "sync", "deploy every document below a directory whose text is new", run,
    (
        argument("directory", metavar="DIR", help="where the documents are"),
        ACTIVATE,
        argument("--prune", action="store_true", help="switch off each active DAG of the org that no file is left of; asks first"),
        YES,
        argument("--dry-run", action="store_true", help="print what would be done, and do nothing"),
        FORMAT, WATCH,
    ),
    details="Nothing is deployed, and nothing switched off, while one of the documents has problems.", exits=tuple(MEANINGS),
)  # fmt: skip
