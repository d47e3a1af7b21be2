"""A chosen part of what a job makes becomes tasks: the first with the answer, the others in bites, each once."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID, uuid4

from django.db import connection, transaction

from apps.dispatch.chosen import Unit
from apps.dispatch.domain import Cause
from apps.dispatch.models import LiveJob
from apps.dispatch.services.covering import Plan, not_under_way
from apps.dispatch.services.creating import Created, Wish, create_tasks
from apps.dispatch.services.handing import MOST_IN_A_ROW, top_up
from apps.outbox import services as outbox
from apps.outbox.services import Outgoing
from apps.platform.json import Json
from apps.platform.slices import slices

BACKFILL = "backfill"
# Two who ask for the same part of a job: the second sees the tasks of the first.
_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtextextended('backfill/' || %(job_id)s::text, 0))"


@dataclass(frozen=True)
class Order:
    """What every bite of a backfill has in common. `root`: the task that its run began with."""

    id: str
    job_id: str
    generation: str
    made_by: str | None
    root: str | None = None


def hold_job(live: LiveJob) -> None:
    """Until the transaction ends nobody else plans a backfill of it."""
    with connection.cursor() as cursor:
        cursor.execute(_ONE_AT_A_TIME, {"job_id": live.pk})


def begin_backfill(live: LiveJob, plan: Plan, *, made_by: UUID | None, now: datetime) -> UUID:
    """The task that its run begins with. Inside the caller's transaction, which holds the job and has something to do."""
    order = Order(str(uuid4()), str(live.pk), str(live.generation), str(made_by) if made_by else None)
    sources, units = list(_sources(order, plan, now)), plan.units
    # A run has one beginning. Of sources there are few, and what they lead to is made below them.
    (first,) = create_tasks([sources[0] if sources else _wish(order, units[0])])
    order = Order(**{**asdict(order), "root": str(first.id)})
    create_tasks([_below(wish, order) for wish in sources[1:]])
    rest = units if sources else units[1:]
    outbox.put_many([Outgoing(BACKFILL, _payload(order, some), live.org_id) for some in slices(rest, MOST_IN_A_ROW)])
    top_up([live.org_id])
    return first.id


@transaction.atomic
def go_on(payload: Mapping[str, Any]) -> list[Created]:
    """One bite, as often as it comes. Of a job that is another by now nothing is made: what was planned is not what it needs."""
    order = Order(**payload["order"])
    live = LiveJob.objects.filter(pk=order.job_id, generation=order.generation, job__isnull=False).first()
    if live is None:
        return []
    hold_job(live)
    units = [_read(one) for one in payload["units"]]
    created = create_tasks([_wish(order, unit) for unit in not_under_way(live, units)])
    top_up({live.org_id} if created else set())
    return created


def _sources(order: Order, plan: Plan, now: datetime) -> Iterator[Wish]:
    for one in plan.starts:
        start, end = one.blocks
        yield Wish(
            one.source.pk, f"backfill:{order.id}:{start}-{end}", Cause.BACKFILL, start=start, end=end, made_by=_made_by(order),
            fired={"at": now.isoformat(), "start": start, "end": end},
        )  # fmt: skip


def _below(wish: Wish, order: Order) -> Wish:
    return Wish(**{**wish.__dict__, "root_id": UUID(order.root)})


def _wish(order: Order, unit: Unit) -> Wish:
    return Wish(
        UUID(order.job_id), f"backfill:{order.id}:{unit.key}"[:300], Cause.BACKFILL, root_id=UUID(order.root) if order.root else None,
        position=unit.position, partition_key=unit.key, start=unit.start, end=unit.end, made_by=_made_by(order), inputs=unit.inputs,
    )  # fmt: skip


def _made_by(order: Order) -> UUID | None:
    return UUID(order.made_by) if order.made_by else None


def _payload(order: Order, units: Sequence[Unit]) -> Json:
    written = [[u.key, u.start, u.end, u.position, [[number, str(event)] for number, event in u.inputs]] for u in units]
    return cast("Json", {"order": asdict(order), "units": written})


def _read(written: Collection[Any]) -> Unit:
    key, start, end, position, inputs = written
    return Unit(key, start, end, position, tuple((number, UUID(event)) for number, event in inputs))
