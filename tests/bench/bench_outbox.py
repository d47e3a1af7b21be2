"""Rows per second into the outbox, and from there into the queue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Protocol
from uuid import uuid4

import psycopg

from apps.platform.config import Config
from apps.platform.json import Json
from tests.bench.django_stage import django_on
from tests.bench.outbox_bare import Bare
from tests.bench.report import Report
from tests.bench.stage import Stage, seconds_of, servers_alone

ROWS, WARM_UP_ROWS, BATCH, ROUNDS = 5_000, 1_000, 500, 3
BARE_PUT = "bare INSERT of as many rows"
BARE_PUBLISH = "bare SKIP LOCKED + INSERT + UPDATE in one transaction"


class Outbox(Protocol):
    def empty(self) -> None: ...
    def put(self, payloads: Sequence[Json]) -> None: ...
    def publish(self) -> int: ...


@dataclass(frozen=True)
class Rates:
    put: float
    publish: float


def run(report: Report, stage: Stage) -> None:
    with servers_alone() as servers, django_on(servers):
        ours, bare = _measure()
    report.add("outbox.put", ours.put, "rows/s", baseline=(BARE_PUT, bare.put))
    report.add("outbox.publish", ours.publish, "rows/s", baseline=(BARE_PUBLISH, bare.publish))


def _measure() -> tuple[Rates, Rates]:
    from tests.bench.outbox_ours import Ours  # Django is set up only now

    config = Config.from_env()
    with psycopg.connect(config.state_dsn, autocommit=True) as connection:
        ours, bare = Ours(), Bare(connection, config)
        for outbox in (ours, bare):
            _rates(outbox, WARM_UP_ROWS)
        # In turn, so that both meet the same moments of the machine.
        rounds = [(_rates(ours, ROWS), _rates(bare, ROWS)) for _ in range(ROUNDS)]
    return _median([mine for mine, _ in rounds]), _median([its for _, its in rounds])


def _rates(outbox: Outbox, rows: int) -> Rates:
    outbox.empty()
    batches: list[list[Json]] = [[{"task_id": str(uuid4())} for _ in range(BATCH)] for _ in range(rows // BATCH)]
    put = seconds_of(lambda: _fill(outbox, batches))
    publish = seconds_of(lambda: _drain(outbox, rows))
    return Rates(rows / put, rows / publish)


def _fill(outbox: Outbox, batches: Sequence[Sequence[Json]]) -> None:
    for batch in batches:
        outbox.put(batch)


def _drain(outbox: Outbox, rows: int) -> None:
    published = 0
    while batch := outbox.publish():
        published += batch
    assert published == rows, f"{published} of {rows} rows were published"


def _median(rates: Sequence[Rates]) -> Rates:
    return Rates(median(rate.put for rate in rates), median(rate.publish for rate in rates))
