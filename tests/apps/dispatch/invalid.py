"""A source that takes things back, and what its consumers make of it."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone

from apps.dags.models import Dag
from apps.dispatch import capabilities, services
from apps.dispatch.domain import Cause, Status
from apps.dispatch.models import Task
from apps.platform.contracts import Bounds, Claimed, EventsAnswer, EventsReport, ReportedEvent, RowFilter
from apps.platform.errors import UserError
from tests.apps.dispatch.makers import arm, claim_one, event, fence, finish, publish, tasks_of
from tests.factories import Persona

CLOCK = """name: ranges
jobs:
  - { name: clock, activation: source, runtime: ecs_platform, operator: ticker, outputs: 1, source: { kind: always_on }, config: { interval_seconds: 1 } }
"""


def job(name: str, *, reads: str, strategy: str = "PerUpdate", update: str = "replace", extra: str = "") -> str:
    return f"""  - name: {name}
    activation: reactive
    runtime: ecs_platform
    operator: noop
    outputs: 1
    inputs: [{{ from: {{ job: {reads} }} }}]
    execution_strategy: {strategy}
    update_strategy: {update}
{extra}"""


def source(dag: Dag) -> Claimed:
    (task,) = tasks_of(dag, "clock")
    Task.objects.filter(pk=task.pk).update(handed_at=timezone.now())
    return claim_one(task.pk)


def rows(claimed: Claimed, start: int, end: int, *, reason: str = "reorg") -> ReportedEvent:
    return event(claimed, scope="row_range", row_filter=RowFilter(block_number=Bounds(gte=start, lte=end)), reason=reason)


def partition(claimed: Claimed, key: str) -> ReportedEvent:
    return event(claimed, scope="partition", partition_key=key, reason="correction")


def report(holder: Claimed, *events: ReportedEvent, sequence: int | None = None) -> EventsAnswer | UserError:
    capability = capabilities.read(holder.capability_token, now=timezone.now())
    (answer,) = services.report([(EventsReport(**fence(holder), sequence=sequence, events=list(events)), capability)])
    return answer


def say(holder: Claimed, *events: ReportedEvent, sequence: int | None = None) -> None:
    assert isinstance(report(holder, *events, sequence=sequence), EventsAnswer)
    publish()


def redoing(dag: Dag, name: str) -> list[Task]:
    return [task for task in tasks_of(dag, name) if task.cause == Cause.INVALIDATION]


def scopes(tasks: Sequence[Task]) -> list[tuple[str, int | None, int | None, str]]:
    return sorted((one.partition_key, one.range_start, one.range_end, one.status) for one in tasks)


def do_all(dag: Dag, name: str) -> None:
    while open_ := [one for one in tasks_of(dag, name) if one.status == Status.QUEUED]:
        handed = [one for one in open_ if one.handed_at]
        assert handed
        finish(claim_one(handed[0].pk))
        publish()


def partitioned(writer: Persona, *keys: tuple[int, int], more: str = "") -> tuple[Dag, Claimed]:
    """A source, and a consumer that has made those partitions."""
    dag = arm(writer, CLOCK + job("sink", reads="clock", strategy="PerPartition") + more)
    holder = source(dag)
    say(holder, *[event(holder, start=start, end=end) for start, end in keys])
    do_all(dag, "sink")
    return dag, holder


THOUSANDS = [(at, at + 999) for at in range(0, 4000, 1000)]
