from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import Any

from apps.cli.commands import (
    acting,
    activate,
    backfill,
    cutover,
    dags,
    datasets,
    deactivate,
    delete,
    deploy,
    diff,
    files,
    invalidate,
    login,
    logs,
    purge,
    rerun,
    rollback,
    run,
    show,
    status,
    sync,
    syncs,
    tasks,
    validate,
    versions,
)
from apps.cli.declaring import SETTINGS, Command
from apps.cli.exits import MEANINGS, Exit

COMMANDS: tuple[Command, ...] = (
    validate.COMMAND, deploy.COMMAND, sync.COMMAND, activate.COMMAND, cutover.COMMAND, rollback.COMMAND, deactivate.COMMAND,
    delete.COMMAND, dags.COMMAND, versions.COMMAND, diff.COMMAND, show.COMMAND, datasets.COMMAND, files.COMMAND, backfill.COMMAND, invalidate.COMMAND, purge.COMMAND,
    run.COMMAND, tasks.COMMAND, logs.COMMAND, acting.RETRY, rerun.COMMAND, acting.CANCEL, status.COMMAND, syncs.COMMAND, login.COMMAND,
)  # fmt: skip
SUMMARY = "DAGs of Trace from the command line: check them, deploy them, run them, look at them."


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("trace", description=SUMMARY, epilog="`trace COMMAND --help` says more.")
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version")
    _add_settings(parser, default=None)
    verbs = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in COMMANDS:
        verb = verbs.add_parser(
            command.name, help=command.summary, description=_sentence(command), epilog=_epilog(command.exits),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )  # fmt: skip
        for one in command.arguments:
            verb.add_argument(*one.names, help=one.help, **one.options)
        # They may stand on either side of the command: what stood before it stays unless said again.
        _add_settings(verb, default=argparse.SUPPRESS)
        verb.set_defaults(command=command)
    return parser


def _add_settings(parser: argparse.ArgumentParser, **options: Any) -> None:
    for one in SETTINGS:
        parser.add_argument(*one.names, help=one.help, **one.options, **options)


def _sentence(command: Command) -> str:
    return f"{command.summary[0].upper()}{command.summary[1:]}.\n{command.details}".rstrip()


def _epilog(exits: Iterable[Exit]) -> str:
    return "\n".join(["exit codes:", *(f"  {exit_.value:<4} {MEANINGS[exit_]}" for exit_ in exits)])


class _Version(argparse.Action):
    """Looked up when it is asked for: importlib.metadata takes longer than all the rest of a start."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object, **__: object) -> None:
        from importlib.metadata import version  # noqa: PLC0415  see above

        print(f"trace {version('trace')}")
        parser.exit()
