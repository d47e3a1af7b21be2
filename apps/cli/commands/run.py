from __future__ import annotations

from argparse import Namespace
from uuid import uuid4

from apps.cli.declaring import DAG, JOB, Command, argument
from apps.cli.exits import PLAIN_EXITS, Exit, Refused
from apps.cli.following import follow_runs
from apps.cli.ranges import read_range
from apps.cli.session import Session


def run(session: Session, options: Namespace) -> Exit:
    blocks = read_range(options.range)
    task_ids = _start(session, options, blocks)
    for task_id in task_ids:
        session.say(task_id)
    return follow_runs(session, task_ids) if options.follow else Exit.FINE


def _start(session: Session, options: Namespace, blocks: tuple[int, int] | None) -> list[str]:
    """A call that has to be made twice starts one run: without a key of theirs it has one of ours."""
    try:
        return session.runs.start(options.dag, options.job, blocks, key=options.key or str(uuid4()))
    except Refused as refused:
        if refused.code != "key_not_taken" or options.key:
            raise
    # To re-run a range needs no key: what is under way already is not done twice.
    return session.runs.start(options.dag, options.job, blocks, key=None)


COMMAND = Command(
    "run", "start a manual source, or do a job's tasks over a range again", run,
    (
        DAG, JOB, argument("--range", metavar="A-B", help="blocks; both ends belong to it"),
        argument("--follow", action="store_true", help="wait until all of the run is over, and fail if any of it does"),
        argument("--key", metavar="KEY", help="started again with the same key, it is the same run"),
    ),
    exits=(Exit.FINE, Exit.PROBLEMS, *PLAIN_EXITS[1:]),
)  # fmt: skip
