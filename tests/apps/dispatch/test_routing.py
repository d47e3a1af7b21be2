"""How events become tasks: by strategy, by filter, by trigger, each event once."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from apps.dags.models import Dag
from apps.dispatch import services
from apps.dispatch.domain import Status
from apps.dispatch.models import Cursor, Event, Route, Task, TaskInput, Waiting
from apps.dispatch.services.meeting import satisfied
from apps.dispatch.services.routing import matches
from apps.platform.contracts import Claimed, ReportedEvent
from tests.apps.dispatch.makers import arm, claim_one, event, finish, job_of, publish, tasks_of
from tests.factories import Persona

pytestmark = pytest.mark.django_db
HEAD = """name: ranges
jobs:
  - { name: clock, activation: source, runtime: ecs_platform, operator: ticker, outputs: 1, source: { kind: always_on }, config: { interval_seconds: 1 } }
  - { name: other, activation: source, runtime: ecs_platform, operator: ticker, outputs: 1, source: { kind: always_on }, config: { interval_seconds: 1 } }
"""


def listening(strategy: str, *, extra: str = "", inputs: str = "[{ from: { job: clock } }]") -> str:
    return f"""{HEAD}  - name: sink
    activation: reactive
    runtime: ecs_platform
    operator: noop
    outputs: 1
    inputs: {inputs}
    execution_strategy: {strategy}
    update_strategy: replace
{extra}"""


def source(dag: Dag, name: str = "clock") -> Claimed:
    """The attempt of a source that never ends."""
    (task,) = tasks_of(dag, name)
    Task.objects.filter(pk=task.pk).update(handed_at=timezone.now())
    return claim_one(task.pk)


def say(holder: Claimed, *events: ReportedEvent) -> None:
    from apps.dispatch import capabilities
    from apps.platform.contracts import EventsAnswer, EventsReport
    from tests.apps.dispatch.makers import fence

    capability = capabilities.read(holder.capability_token, now=timezone.now())
    (answer,) = services.report([(EventsReport(**fence(holder), events=list(events)), capability)])
    assert isinstance(answer, EventsAnswer), answer
    publish()


def inputs_of(task: Task) -> list[tuple[int, int | None]]:
    links = TaskInput.objects.filter(task_id=task.pk).order_by("id")
    cursors = {one.pk: one.cursor for one in Event.objects.filter(pk__in=[link.event_id for link in links])}
    return [(link.input, None if (at := cursors[link.event_id]) is None else int(at)) for link in links]


@pytest.fixture(autouse=True)
def no_containers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sources of these tests are claimed by hand."""
    from apps.dispatch import effects

    monkeypatch.setitem(effects._RUNTIMES, "ecs_task", lambda _: None)


def test_per_update_makes_a_task_of_each_cursor_once(writer: Persona) -> None:
    dag = arm(writer, listening("PerUpdate"))
    holder = source(dag)

    say(holder, event(holder, cursor=7), event(holder, cursor=5))
    say(holder, event(holder, cursor=7))

    assert sorted(int(task.position or 0) for task in tasks_of(dag, "sink")) == [5, 7]


@pytest.mark.parametrize(("most", "at_once"), [("", [3]), ("    scaling: { max_concurrency: 3 }\n", [3, 5, 9])])
def test_cursors_are_done_in_their_order_unless_the_job_may_run_several(writer: Persona, most: str, at_once: list[int]) -> None:
    dag = arm(writer, listening("PerUpdate", extra=most))
    holder = source(dag)

    say(holder, *[event(holder, cursor=at) for at in (9, 3, 5)])

    done, seen = [], handed(dag)
    while open_ := handed(dag):
        done.append(open_[0])
        finish(claim_one(next(task.pk for task in tasks_of(dag, "sink") if task.position == open_[0])))
    assert (seen, done) == (at_once, [3, 5, 9])


def handed(dag: Dag) -> list[int]:
    open_ = [task for task in tasks_of(dag, "sink") if task.status == Status.QUEUED and task.handed_at]
    return sorted(int(task.position or 0) for task in open_)


def test_a_consumer_has_come_as_far_as_all_below_is_done(writer: Persona) -> None:
    dag = arm(writer, listening("PerUpdate", extra="    scaling: { max_concurrency: 3 }\n"))
    holder = source(dag)
    say(holder, *[event(holder, cursor=at) for at in (1, 2, 3)])
    first, second, third = tasks_of(dag, "sink")

    finish(claim_one(third.pk))
    assert mark_of(dag) == 0
    finish(claim_one(first.pk))
    assert mark_of(dag) == 1
    finish(claim_one(second.pk))
    assert mark_of(dag) == 3


def mark_of(dag: Dag, name: str = "sink") -> int | None:
    found = Cursor.objects.filter(job_id=job_of(dag, name).pk).first()
    return int(found.value) if found else None


def test_a_consumer_comes_past_what_its_filter_leaves_out(writer: Persona) -> None:
    dag = arm(writer, listening("PerUpdate"))
    Route.objects.filter(consumer=job_of(dag, "sink")).update(where={"chain": [1]})
    holder = source(dag)

    say(holder, event(holder, cursor=5, data={"chain": 2}))
    assert (tasks_of(dag, "sink"), mark_of(dag)) == ([], 5)

    say(holder, event(holder, cursor=6, data={"chain": 1}), event(holder, cursor=7, data={"chain": 2}))
    assert mark_of(dag) == 5
    finish(claim_one(tasks_of(dag, "sink")[0].pk))
    assert mark_of(dag) == 7


def test_an_event_that_is_on_its_way_holds_the_mark_below_it(writer: Persona) -> None:
    dag = arm(writer, listening("PerUpdate", extra="    scaling: { max_concurrency: 3 }\n"))
    holder = source(dag)
    say(holder, event(holder, cursor=2), event(holder, cursor=8))
    Event.objects.filter(cursor=2).update(routed_at=None)
    Task.objects.filter(job_id=job_of(dag, "sink").pk, position=2).delete()

    finish(claim_one(next(task.pk for task in tasks_of(dag, "sink") if task.position == 8)))
    assert mark_of(dag) == 1

    services.route_events([Event.objects.get(cursor=2).pk])
    assert mark_of(dag) == 8, "its key has had a task before: nothing more is to be done for it"


def test_bulk_is_one_task_for_all_that_waits_and_one_more_for_what_comes_while_it_runs(writer: Persona) -> None:
    dag = arm(writer, listening("Bulk"))
    holder = source(dag)
    say(holder, event(holder, cursor=1), event(holder, cursor=2))
    say(holder, event(holder, cursor=3))
    (task,) = tasks_of(dag, "sink")
    assert inputs_of(task) == [(0, 1), (0, 2), (0, 3)]

    running = claim_one(task.pk)
    say(holder, event(holder, cursor=4))
    say(holder, event(holder, cursor=5))

    _, following = tasks_of(dag, "sink")
    assert inputs_of(following) == [(0, 4), (0, 5)] and following.handed_at is None
    finish(running)
    assert Task.objects.get(pk=following.pk).handed_at is not None


BOTH = "[{ from: { job: clock } }, { from: { job: other } }]"


def test_inputs_that_must_meet_wait_for_each_other(writer: Persona) -> None:
    dag = arm(writer, listening("PerUpdate", inputs=BOTH, extra="    trigger: all\n"))
    one, other = source(dag), source(dag, "other")
    say(one, event(one, cursor=1))
    assert tasks_of(dag, "sink") == [] and Waiting.objects.count() == 1

    say(other, event(other, cursor=9))

    (task,) = tasks_of(dag, "sink")
    assert inputs_of(task) == [(0, 1), (1, 9)] and not Waiting.objects.exists()


def test_partitions_meet_their_own_kind(writer: Persona) -> None:
    dag = arm(writer, listening("PerPartition", inputs=BOTH, extra="    trigger: all\n"))
    one, other = source(dag), source(dag, "other")
    say(one, event(one, start=0, end=9))
    say(other, event(other, start=10, end=19))
    assert tasks_of(dag, "sink") == []

    say(other, event(other, start=0, end=9))

    assert [task.partition_key for task in tasks_of(dag, "sink")] == ["0-9"]


def test_after_its_timeout_a_trigger_goes_with_what_is_there(writer: Persona) -> None:
    dag = arm(writer, listening("PerUpdate", inputs=BOTH, extra="    trigger: { all: [0, 1], timeout: 10m }\n"))
    one = source(dag)
    say(one, event(one, cursor=1))
    assert services.let_in_late() == 0

    Waiting.objects.update(arrived_at=timezone.now() - timedelta(minutes=11))

    assert services.let_in_late() == 1
    assert len(tasks_of(dag, "sink")) == 1


@pytest.mark.parametrize(("tree", "arrived", "goes"), [
    ({"all": [0, 1]}, {0}, False), ({"all": [0, 1]}, {0, 1}, True), ({"any": [0, 1]}, {1}, True),
    ({"all": [0, {"any": [1, 2]}]}, {0}, False), ({"all": [0, {"any": [1, 2]}]}, {0, 2}, True), ({"any": [0, {"all": [1, 2]}]}, {1}, False),
])  # fmt: skip
def test_a_trigger_is_a_tree(tree: dict[str, object], arrived: set[int], goes: bool) -> None:
    assert satisfied(tree, frozenset(arrived)) is goes


def test_a_filter_is_all_of_its_fields_and_any_of_their_values() -> None:
    where: dict[str, list[object]] = {"severity": ["high", "low"], "chain": [1]}

    assert matches(where, {"severity": "low", "chain": 1})
    assert not matches(where, {"severity": "low", "chain": 2})
    assert matches(where, {"severity": "high"}), "a field that the event does not carry is the operator's to look at"
    assert matches(where, None)


def test_an_event_is_routed_once_whoever_asks(writer: Persona) -> None:
    dag = arm(writer, listening("PerUpdate"))
    holder = source(dag)
    say(holder, event(holder, cursor=1))
    ids: list[UUID] = list(Event.objects.values_list("id", flat=True))

    assert services.route_events(ids) == 0
    assert len(tasks_of(dag, "sink")) == 1


def test_an_event_that_nobody_was_told_of_is_routed_all_the_same(writer: Persona) -> None:
    dag = arm(writer, listening("PerUpdate"))
    holder = source(dag)
    say(holder, event(holder, cursor=1))
    Task.objects.filter(job_id=job_of(dag, "sink").pk).delete()
    Event.objects.update(routed_at=None, created_at=timezone.now() - timedelta(minutes=5))
    from apps.dispatch.models import Dedupe

    Dedupe.objects.filter(job_id=job_of(dag, "sink").pk).delete()

    assert services.route_forgotten(after_seconds=30) == 1
    publish()
    assert [task.status for task in tasks_of(dag, "sink")] == [Status.QUEUED]


def test_a_rerun_alone_makes_nothing_below_and_another_makes_it_anew(writer: Persona) -> None:
    dag = arm(writer, listening("PerUpdate", extra="""  - name: last
    activation: reactive
    runtime: ecs_platform
    operator: noop
    outputs: 1
    inputs: [{ from: { job: sink } }]
    execution_strategy: PerUpdate
    update_strategy: replace
"""))  # fmt: skip
    holder = source(dag)
    say(holder, event(holder, cursor=1))
    (task,) = tasks_of(dag, "sink")
    held = claim_one(task.pk)
    finish(held, event(held, cursor=1))
    publish()
    assert len(tasks_of(dag, "last")) == 1

    for alone, below in ((True, 1), (False, 2)):
        (again,) = services.rerun_tasks([task.pk], alone=alone, made_by=None)
        publish()
        held = claim_one(again.id)
        assert held.task.arrived[0].event.cursor == 1
        finish(held, event(held, cursor=1))
        publish()
        assert len(tasks_of(dag, "last")) == below
