from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Iterator
from uuid import uuid4

from apps.cli.declaring import JSON, Command, argument
from apps.cli.exits import PLAIN_EXITS, Exit, Misused
from apps.cli.following import follow_runs
from apps.cli.ranges import read_range
from apps.cli.rendering import count, plain
from apps.cli.session import Session
from apps.cli.told import Json


def run(session: Session, options: Namespace) -> Exit:
    body = _chosen(options)
    if options.dry_run and options.watch:
        raise Misused("Of a dry run there is nothing to watch: leave out --dry-run or --watch.")
    # A call that has to be made twice makes one backfill.
    told = session.datasets.backfill(options.dataset, body, key=None if options.dry_run else str(uuid4()))
    if options.json:
        session.say(json.dumps(told, indent=2, ensure_ascii=False))
    else:
        for line in _lines(told, is_dry=options.dry_run):
            session.say(line)
    return follow_runs(session, [str(told["run"])]) if options.watch else Exit.FINE


def _chosen(options: Namespace) -> Json:
    blocks = read_range(options.range)
    ways: list[Json] = [
        *([{"range": {"start": blocks[0], "end": blocks[1]}}] if blocks else []),
        *([{"partitions": options.partition}] if options.partition else []),
        *([{"part": "gaps"}] if options.gaps else []), *([{"part": "stale"}] if options.stale else []),
    ]  # fmt: skip
    if len(ways) != 1:
        raise Misused("Say what of it: --range, --partition, --gaps or --stale; one of them.")
    return {**ways[0], "dry_run": options.dry_run}


def _lines(told: Json, *, is_dry: bool) -> Iterator[str]:
    rewritten = told["rewritten"]["partitions"]
    yield f"{count(told['tasks'], 'task')}{' would be made' if is_dry else ''}, {count(rewritten, 'partition')} made anew"
    for one in told["starts"]:
        blocks = one["range"]
        yield f"  {plain(one['dag'])}/{plain(one['job'])} {'would be' if is_dry else 'is'} started over {blocks['start']}-{blocks['end']}"
    if told["under_way"]:
        yield f"  under way already: {plain(', '.join(told['under_way'][:20]))}"
    for one in told["lacking"]:
        yield f"  {plain(one['partition'])} cannot be made: {plain(one['why'])}"
    if told["run"]:
        yield f"run {told['run']}"


COMMAND = Command(
    "backfill", "have a part of a dataset made, or made anew", run,
    (
        argument("dataset", metavar="DATASET", help="name of a dataset whose partitions are files"),
        argument("--range", metavar="A-B", help="blocks; both ends belong to it"),
        argument("--partition", metavar="KEY", action="append", help="a partition by its key; may be given more than once"),
        argument("--gaps", action="store_true", help="what is missing between the first block and the last"),
        argument("--stale", action="store_true", help="what does not hold any more"),
        argument("--dry-run", action="store_true", help="only say what would be made"),
        argument("--watch", action="store_true", help="wait until all of the run is over, and fail if any of it does"),
        JSON,
    ),
    exits=(Exit.FINE, Exit.PROBLEMS, *PLAIN_EXITS[1:]),
)  # fmt: skip
