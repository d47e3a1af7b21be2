from __future__ import annotations

import json
from argparse import Namespace
from uuid import uuid4

from apps.cli.declaring import JSON, Command, argument
from apps.cli.exits import Exit, Misused
from apps.cli.ranges import read_range
from apps.cli.rendering import count, plain
from apps.cli.session import Session
from apps.cli.told import Json


def run(session: Session, options: Namespace) -> Exit:
    blocks = read_range(options.range)
    if (blocks is None) == (options.partition is None):
        raise Misused("Give --range or --partition: one of the two.")
    body: Json = {"reason": options.reason, "dry_run": options.dry_run}
    body |= {"range": {"start": blocks[0], "end": blocks[1]}} if blocks else {"partition": options.partition}
    told = session.datasets.invalidate(options.dataset, body, key=None if options.dry_run else str(uuid4()))
    if options.json:
        session.say(json.dumps(told, indent=2, ensure_ascii=False))
        return Exit.FINE
    verb = "would be done again by" if options.dry_run else "is done again by"
    for job in told["jobs"]:
        name = f"{job['dag']}/{job['job']}" if job["dag"] else "a job of a DAG that you do not see"
        session.say(f"{verb} {plain(name)}: {count(job['tasks'], 'task')}")
    if not told["jobs"]:
        session.say("No active job reads it: nothing is done again.")
    return Exit.FINE


COMMAND = Command(
    "invalidate", "say that a part of a dataset does not hold any more, so that those who read it do their part again", run,
    (
        argument("dataset", metavar="DATASET", help="name of a dataset"),
        argument("--range", metavar="A-B", help="blocks; both ends belong to it"),
        argument("--partition", metavar="KEY", help="one partition by its key"),
        argument("--reason", choices=("manual", "correction"), default="manual", help="why; correction: what it says was wrong"),
        argument("--dry-run", action="store_true", help="only say what would be done again"),
        JSON,
    ),
)  # fmt: skip
