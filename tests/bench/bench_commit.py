"""Partitions committed per second through the full path: put into the object store, compared there with what is said of them, and
then in one transaction the ends of their tasks, the partitions, their events and the outbox rows. Many completions in a call, as a
worker gathers them.

Beside it a loop that puts the very same objects, and writes a row of each partition in a transaction of its own.
"""

from __future__ import annotations

import signal
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from apps.platform.config import Config
from apps.platform.slices import slices
from tests.bench.django_stage import django_on
from tests.bench.report import Report
from tests.bench.stage import Stage, seconds_of, servers_alone

if TYPE_CHECKING:
    from tests.bench.commit_bare import Bare
    from tests.bench.commit_ours import Ours

PARTITIONS, IN_A_CALL, ROUNDS = 200, 50, 4
BARE = "bare loop: the same PUTs, and an INSERT with a commit for each partition"


@dataclass(frozen=True)
class Seconds:
    """Of a round. What is looked at is looked at once more within `complete`, and not counted beside it."""

    put: float
    look: float
    complete: float
    bare_put: float
    bare_insert: float


def run(report: Report, stage: Stage) -> None:
    # Django reads its settings once, and another bench of this run may have had it read them.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        rounds = process.submit(_measure).result()
    ours = median(PARTITIONS / (one.put + one.complete) for one in rounds)
    bare = median(PARTITIONS / (one.bare_put + one.bare_insert) for one in rounds)
    report.add("commit.partitions", ours, "partitions/s", baseline=(BARE, bare))
    report.add("commit.without_puts", median(PARTITIONS / one.complete for one in rounds), "partitions/s")
    report.tables[f"a partition's time, ms; {IN_A_CALL} completions in a call"] = [
        {"what": what, "ms": round(median(seconds) * 1000 / PARTITIONS, 2)}
        for what, seconds in {
            "PUT of its objects": [one.put for one in rounds],
            "looked at in the store, compared": [one.look for one in rounds],
            "the transaction": [one.complete - one.look for one in rounds],
            "bare: PUT of its objects": [one.bare_put for one in rounds],
            "bare: INSERT and commit": [one.bare_insert for one in rounds],
        }.items()
    ]


def _measure() -> list[Seconds]:
    # As its parent: what it started must not outlive it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with servers_alone() as servers, django_on(servers), tempfile.TemporaryDirectory() as keys:
        # Django is set up only now.
        from tests.bench.commit_bare import Bare
        from tests.bench.commit_ours import Ours

        with closing(Ours(Path(keys))) as ours, closing(Bare(Config.from_env())) as bare:
            _round(ours, bare, 0)
            return [_round(ours, bare, number) for number in range(1, ROUNDS + 1)]


def _round(ours: Ours, bare: Bare, number: int) -> Seconds:
    """Both of the same partitions, one after the other, so that they meet the same moments of the machine."""
    partitions = ours.written(PARTITIONS, number)
    put = look = complete = 0.0
    for call in slices(partitions, IN_A_CALL):
        put += seconds_of(partial(ours.put, call))
        look += seconds_of(partial(ours.look, call))
        complete += seconds_of(partial(ours.complete, call))
    ours.expect(PARTITIONS * (number + 1))
    bare_put, bare_insert = (seconds_of(partial(act, partitions)) for act in (bare.put, bare.insert))
    return Seconds(put, look, complete, bare_put, bare_insert)
