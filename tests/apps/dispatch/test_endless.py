"""Sources that never end: their token is made anew, and what they say again is news unless it is the same report."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.dags.models import Dag
from apps.dispatch import capabilities, services
from apps.dispatch.domain import TOKEN_LONGEST
from apps.dispatch.models import Event, Task
from apps.platform.contracts import Claimed, EventsAnswer, EventsReport, HeartbeatAnswer, ReportedEvent
from tests.apps.dispatch.makers import arm, beat, claim_one, event, fence, publish, tasks_of
from tests.factories import Persona

pytestmark = pytest.mark.django_db
TEXT = """name: endless
jobs:
  - { name: clock, activation: source, runtime: ecs_platform, operator: ticker, outputs: 1, source: { kind: always_on }, config: { interval_seconds: 1 } }
  - name: sink
    activation: reactive
    runtime: ecs_platform
    operator: noop
    outputs: 1
    inputs: [{ from: { job: clock } }]
    execution_strategy: PerUpdate
    update_strategy: replace
"""


@pytest.fixture
def dag(writer: Persona, monkeypatch: pytest.MonkeyPatch) -> Dag:
    from apps.dispatch import effects

    monkeypatch.setitem(effects._RUNTIMES, "ecs_task", lambda _: None)
    return arm(writer, TEXT, name="endless")


@pytest.fixture
def source(dag: Dag) -> Claimed:
    return claim_one(tasks_of(dag, "clock")[0].pk)


def say(source: Claimed, *events: ReportedEvent, sequence: int | None) -> tuple[int, int]:
    """(accepted, duplicates)"""
    capability = capabilities.read(source.capability_token, now=timezone.now())
    said = EventsReport(**fence(source), events=list(events), sequence=sequence)
    (answer,) = services.report([(said, capability)])
    assert isinstance(answer, EventsAnswer), answer
    publish()
    return answer.accepted, answer.duplicates


def test_a_token_with_less_than_a_third_of_its_time_is_made_anew_by_a_heartbeat(source: Claimed) -> None:
    now = timezone.now()

    early = beat(source, now=now + TOKEN_LONGEST * 0.6)
    late = beat(source, now=now + TOKEN_LONGEST * 0.7)

    assert isinstance(early, HeartbeatAnswer) and early.capability_token is None
    assert isinstance(late, HeartbeatAnswer) and late.capability_token
    renewed = capabilities.read(late.capability_token, now=now + TOKEN_LONGEST * 1.6)
    assert renewed == capabilities.read(source.capability_token, now=now)


def test_whoever_lost_the_lease_is_given_no_token(source: Claimed) -> None:
    Task.objects.filter(pk=source.task_id).update(attempt=2)

    assert not isinstance(beat(source, now=timezone.now() + timedelta(hours=20)), HeartbeatAnswer)


def test_the_same_report_twice_is_one(source: Claimed, dag: Dag) -> None:
    first = say(source, event(source, cursor=7), event(source, cursor=8), sequence=1)
    again = say(source, event(source, cursor=7), event(source, cursor=8), sequence=1)

    assert (first, again) == ((2, 0), (0, 2))
    assert len(tasks_of(dag, "sink")) == 2


def test_a_cursor_that_is_said_again_later_is_news(source: Claimed, dag: Dag) -> None:
    for sequence in (1, 2, 3):
        assert say(source, event(source, cursor=7), sequence=sequence) == (1, 0)

    assert [one.materialisation for one in Event.objects.order_by("id")] == [0, 1, 2]
    first, *others = [task.dedupe_key for task in tasks_of(dag, "sink")]
    assert first.endswith(":7") and others == [f"{first}:1", f"{first}:2"]


def test_a_range_that_is_said_again_later_is_made_once_more(source: Claimed, dag: Dag) -> None:
    for sequence in (1, 2):
        assert say(source, event(source, start=0, end=9), sequence=sequence) == (1, 0)

    assert [one.materialisation for one in Event.objects.order_by("id")] == [1, 2]
    assert len(tasks_of(dag, "sink")) == 2


def test_another_attempt_counts_its_reports_anew(source: Claimed, dag: Dag) -> None:
    say(source, event(source, cursor=7), sequence=1)
    Task.objects.filter(pk=source.task_id).update(status="queued", handed_at=timezone.now())
    other = claim_one(source.task_id)

    assert say(other, event(other, cursor=9), sequence=1) == (1, 0)
    assert say(other, event(other, cursor=7), sequence=2) == (1, 0)
