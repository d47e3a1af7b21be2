"""`trace`: a thin client of the public API."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import closing, redirect_stderr, redirect_stdout

from apps.cli.exits import Exit, Stopped
from apps.cli.outside import Outside
from apps.cli.parser import make_parser
from apps.cli.session import Session


def run() -> None:
    outside = Outside.of_this_process()
    try:
        ended_as = main(sys.argv[1:], outside)
        outside.stdout.flush()
    except BrokenPipeError:
        ended_as = _reader_left(outside)
    sys.exit(ended_as)


def main(arguments: Sequence[str], outside: Outside) -> int:
    try:
        # argparse writes to the process's own streams, whichever they are.
        with redirect_stdout(outside.stdout), redirect_stderr(outside.stderr):
            options = make_parser().parse_args(arguments)
    except SystemExit as ended:
        return int(ended.code or 0)
    with closing(Session(outside, url=options.url, org=options.org)) as session:
        try:
            ended_as: Exit = options.command.run(session, options)
        except Stopped as stopped:
            session.explain(stopped)
            return stopped.exit
        except KeyboardInterrupt:
            session.tell("Interrupted.")
            return Exit.INTERRUPTED
        return ended_as


def _reader_left(outside: Outside) -> Exit:
    """`trace show … | head`: nobody reads on, which is no fault. Python would complain once more when it flushes at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), outside.stdout.fileno())
    return Exit.FINE
