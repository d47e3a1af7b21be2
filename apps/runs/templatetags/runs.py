"""How tasks are shown, and what pages of floors below show of runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID, uuid4

from django import template
from django.utils import timezone

from apps.dags.models import Dag
from apps.dispatch.domain import EVERYTHING, Status
from apps.dispatch.models import Task
from apps.orgs import policy
from apps.orgs.admin_frame import who
from apps.orgs.policy import Action
from apps.runs import selectors
from apps.runs.domain import DEAD, RETRYING, WAITING, Tally
from apps.runs.selectors.overview import DagRuns, RunBar

register = template.Library()

_BADGES = {
    Status.QUEUED: ("queued", "Queued"), Status.RUNNING: ("running", "Running"), Status.COMPLETED: ("ok", "Completed"),
    Status.FAILED: ("failed", "Failed"), Status.CANCELED: ("cancelled", "Canceled"),
}  # fmt: skip
# What a filter calls a state that no task has by itself.
_FILTERED = {RETRYING: "Retrying", WAITING: "Waiting until it is time", DEAD: "Dead letter"}
_CAUSES = {
    "event": "An event", "cron": "Its schedule", "webhook": "A webhook", "manual": "By hand", "source": "Always on", "rerun": "Re-run",
    "rebuild": "A version that is built",
    "invalidation": "An invalidation", "backfill": "A backfill", "sync": "A chain that is synchronised",
}  # fmt: skip


@register.filter
def badge(task: Task) -> str:
    """The state of the design that stands for it."""
    return _shown(task)[0]


@register.filter
def state_word(task: Task) -> str:
    return _shown(task)[1]


def _shown(task: Task) -> tuple[str, str]:
    if task.status == Status.FAILED and task.next_retry_at:
        # One that found that it is not time yet, as before a range is final: nothing went wrong.
        return ("waiting", "Waiting") if (task.error or {}).get("wait_seconds") else ("retrying", "Retrying")
    if task.status == Status.RUNNING and task.cancel_requested_at:
        return "cancelled", "Canceling"
    if task.status == Status.QUEUED and task.handed_at is None:
        return "waiting", "Waiting"
    return _BADGES[Status(task.status)]


@register.filter
def status_badge(status: str) -> str:
    return _BADGES[Status(status)][0]


@register.filter
def status_word(status: str) -> str:
    return _FILTERED[status] if status in _FILTERED else _BADGES[Status(status)][1]


@register.filter
def bar_words(tally: Tally) -> str:
    """In words what a bar says in a colour."""
    return status_word(tally.state) + (f", of its first {tally.total:,} tasks" if tally.is_capped else "")


@register.filter
def cause_word(cause: str) -> str:
    return _CAUSES[cause]


@register.filter
def scope(task: Any) -> str:
    """Of a task or an event: the blocks, the partition or the value of the cursor."""
    if (task.range_start, task.range_end) == (EVERYTHING.start, EVERYTHING.end):
        return "everything"
    if task.range_start is not None:
        return f"{task.range_start:,} to {task.range_end:,}"
    value = getattr(task, "cursor", None)
    return str(int(value)) if value is not None else str(task.partition_key)


@register.filter
def took(seconds: float | None) -> str:
    if seconds is None:
        return "—"
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


@register.filter
def lasting(seconds: int) -> str:
    """The two largest units that say anything: `2 d 3 h`, `1 h`."""
    parts, left = [], seconds
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        count, left = divmod(left, size)
        parts.append(f"{count:,} {unit}" if count else "")
    return " ".join([part for part in parts if part][:2]) or "0 s"


@register.filter
def grouped(count: int) -> str:
    return f"{count:,}"


@register.filter
def seconds_between(start: Any, end: Any) -> float | None:
    return (end - start).total_seconds() if start and end else None


@register.filter
def at_key(values: Mapping[UUID, Any], key: UUID) -> Any:
    return values.get(key)


@register.simple_tag(takes_context=True)
def run_bars(context: Mapping[str, Any], rows: Iterable[Any]) -> dict[UUID, list[RunBar]]:
    """For the list of DAGs: their last runs, of all of them with a few queries."""
    dags = [row.dag for row in rows]
    return selectors.bars_of(context["request"].org, dags) if dags else {}


@register.simple_tag(takes_context=True)
def runs_of_dag(context: Mapping[str, Any], dag: Dag) -> DagRuns:
    return selectors.runs_of_dag(dag, who(context["request"]), now=timezone.now())


@register.simple_tag
def build_of(dag: Dag) -> selectors.Progress | None:
    return selectors.progress_of(dag)


@register.simple_tag(takes_context=True)
def may_run(context: Mapping[str, Any]) -> bool:
    return bool(policy.can(who(context["request"]), Action.RUNS_ACT, org=context["request"].org))


@register.simple_tag
def fresh_key() -> str:
    """For a form: sent twice, it is done once."""
    return str(uuid4())
