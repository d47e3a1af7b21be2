"""Lines of attempts: in order, once, up to a bound, without secrets."""

from __future__ import annotations

import pytest
from django.utils import timezone

from apps.dispatch import services
from apps.dispatch.models import Attempt, LogChunk, Task
from apps.dispatch.services import logs
from apps.dispatch.services.fences import StaleFence
from apps.platform.contracts import Claimed, LogBatch, LogLine
from apps.platform.errors import Conflict
from apps.platform.telemetry import redactor
from tests.apps.dags.makers import manual
from tests.apps.dispatch.makers import arm, claim_one, fence, start, tasks_of
from tests.factories import Persona

pytestmark = pytest.mark.django_db


@pytest.fixture
def held(writer: Persona) -> Claimed:
    dag = arm(writer, manual())
    start(dag, block_range=(0, 9))
    return claim_one(tasks_of(dag, "chunks")[0].pk)


def batch(held: Claimed, first: int, *texts: str) -> LogBatch:
    return LogBatch(**fence(held), first_line=first, lines=[LogLine(at=timezone.now(), text=text) for text in texts])


def kept(held: Claimed) -> list[str]:
    return [text for chunk in LogChunk.objects.filter(task_id=held.task_id).order_by("first_line") for text in chunk.texts]


def test_lines_that_come_again_are_written_once(held: Claimed) -> None:
    services.append(batch(held, 0, "a", "b"))
    services.append(batch(held, 0, "a", "b"))
    answer = services.append(batch(held, 1, "b", "c"))

    assert kept(held) == ["a", "b", "c"] and answer.next_line == 3


def test_a_gap_says_which_line_is_expected(held: Claimed) -> None:
    services.append(batch(held, 0, "a"))

    with pytest.raises(Conflict) as refused:
        services.append(batch(held, 5, "f"))

    assert refused.value.code == "log_gap" and refused.value.detail == {"next_line": 1}


def test_a_stale_attempt_writes_no_line(held: Claimed) -> None:
    stale = batch(held, 0, "a").model_copy(update={"attempt": 2})

    with pytest.raises(StaleFence):
        services.append(stale)


def test_what_is_too_much_is_counted_and_not_kept(held: Claimed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "MOST_LINES", 3)

    assert not services.append(batch(held, 0, "a", "b")).full
    answer = services.append(batch(held, 2, "c", "d", "e"))
    again = services.append(batch(held, 5, "f"))

    assert (answer.full, answer.next_line, again.next_line) == (True, 5, 6)
    attempt = Attempt.objects.get(task_id=held.task_id)
    assert (attempt.log_lines, attempt.log_dropped) == (3, 3) and kept(held) == ["a", "b", "c"]


def test_a_secret_that_is_known_here_is_blanked(held: Claimed) -> None:
    redactor.learn_written("hunter2-hunter2-hunter2")

    services.append(batch(held, 0, "the key is hunter2-hunter2-hunter2, you see", "nul \x00 too"))

    assert "hunter2" not in "".join(kept(held)) and "\x00" not in "".join(kept(held))


def test_of_a_source_that_never_ends_the_newest_lines_stay(held: Claimed, monkeypatch: pytest.MonkeyPatch) -> None:
    Task.objects.filter(pk=held.task_id).update(cause="source")
    monkeypatch.setattr(logs, "MOST_LINES", 4)

    answers = [services.append(batch(held, at, f"line {at}", f"line {at + 1}")) for at in range(0, 10, 2)]

    assert [(one.full, one.next_line) for one in answers] == [(False, at) for at in (2, 4, 6, 8, 10)]
    assert kept(held) == ["line 6", "line 7", "line 8", "line 9"]
    attempt = Attempt.objects.get(task_id=held.task_id)
    assert (attempt.log_lines, attempt.log_dropped, attempt.log_bytes) == (4, 6, 24)
