"""That attempts began and ended, for somebody outside who is told of all of them; nothing where nobody is."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.conf import settings

from apps.dispatch.domain import TELL_RUNS, Outcome
from apps.outbox import services as outbox
from apps.outbox.services import Outgoing
from apps.platform.json import Json
from apps.platform.slices import slices

_MOST = 500
# As OpenLineage names the ends of a run. One that was handed back goes on as another attempt.
_ENDS = {
    Outcome.COMPLETED: "COMPLETE", Outcome.FAILED: "FAIL", Outcome.LEASE_EXPIRED: "FAIL", Outcome.CANCELED: "ABORT",
    Outcome.HANDED_BACK: "ABORT",
}  # fmt: skip


def are_told() -> bool:
    return bool(settings.CONFIG.openlineage_url)


def tell_begun(attempts: Iterable[tuple[UUID, int]]) -> None:
    _put([str(task_id), number, "START"] for task_id, number in attempts)


def tell_ended(attempts: Iterable[tuple[UUID, int, Outcome]]) -> None:
    _put([str(task_id), number, _ENDS[outcome]] for task_id, number, outcome in attempts)


def _put(runs: Iterable[Json]) -> None:
    outbox.put_many([Outgoing(TELL_RUNS, {"runs": list(some)}) for some in slices(list(runs), _MOST)])
