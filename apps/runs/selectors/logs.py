"""Lines of an attempt's log, from any of them on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from apps.dispatch.domain import LEVELS, Cause
from apps.dispatch.models import Attempt, LogChunk, Task
from apps.platform.errors import NotFound

LONGEST_PAGE = 5_000


@dataclass(frozen=True)
class Line:
    number: int
    at_ms: int
    letter: str
    text: str

    @property
    def at(self) -> datetime:
        return datetime.fromtimestamp(self.at_ms / 1000, tz=UTC)

    @property
    def level(self) -> str:
        return LEVELS[self.letter]


@dataclass(frozen=True)
class LogPage:
    """`start` and `next`: where this page begins and the one after it; what was asked for, or later where that is no longer kept.
    `first`: the oldest line that is kept. `total`: how far the lines go. `is_over`: nobody writes to it any more.
    """

    attempt: int
    start: int
    lines: list[Line]
    next: int
    first: int
    total: int
    dropped: int
    is_over: bool


def attempt_of(task: Task, number: int | None) -> Attempt | None:
    """The one that is named; without a number the latest, or none where the task was never claimed."""
    wanted = task.attempt if number is None else number
    # Uses index attempt_task.
    found = Attempt.objects.of(task.pk).filter(number=wanted).first()
    if found is None and number is not None:
        raise NotFound(f"This task has no attempt {number}.", code="unknown_attempt")
    return found


def log_page(task: Task, attempt: Attempt | None, *, start: int, limit: int) -> LogPage:
    if attempt is None:
        return LogPage(0, start, [], start, 0, 0, 0, is_over=task.ended_at is not None)
    first = _oldest(task, attempt)
    lines = _lines(task.pk, attempt.number, max(start, first), limit)
    begins = lines[0].number if lines else max(start, first)
    total = first + attempt.log_lines
    is_over = attempt.ended_at is not None
    return LogPage(attempt.number, begins, lines, begins + len(lines), first, total, attempt.log_dropped, is_over)


def _oldest(task: Task, attempt: Attempt) -> int:
    """Of a source the oldest lines go, of everything else the newest."""
    return attempt.log_dropped if task.cause == Cause.SOURCE else 0


def _lines(task_id: UUID, attempt: int, start: int, limit: int) -> list[Line]:
    """Without a gap between them: of an attempt that outlives the months of its lines, those between may be gone."""
    # Uses index log_chunk_task: the chunk that `start` lies in, and on from there.
    chunks = LogChunk.objects.of(task_id).filter(attempt=attempt)
    first = chunks.filter(first_line__lte=start).order_by("-first_line").values_list("first_line", flat=True).first()
    found: list[Line] = []
    for chunk in chunks.filter(first_line__gte=first or 0).order_by("first_line").iterator(chunk_size=50):
        if len(found) >= limit or (found and chunk.first_line != found[-1].number + 1):
            break
        found += [line for line in _of_chunk(chunk) if line.number >= start]
    return found[:limit]


def _of_chunk(chunk: LogChunk) -> Iterator[Line]:
    for place, (at_ms, letter, text) in enumerate(zip(chunk.at_ms, chunk.levels, chunk.texts, strict=True)):
        yield Line(chunk.first_line + place, at_ms, letter, text)


def whole_log(task: Task, attempt: Attempt | None) -> Iterator[str]:
    """As a file of text, chunk by chunk."""
    if attempt is None:
        return
    older = _oldest(task, attempt)
    if older:
        yield f"… {older} older lines are no longer kept.\n"
    chunks = LogChunk.objects.of(task.pk).filter(attempt=attempt.number).order_by("first_line")
    for chunk in chunks.iterator(chunk_size=50):
        yield "".join(f"{line.at:%Y-%m-%dT%H:%M:%S.%f}Z {line.level.upper():7} {line.text}\n" for line in _of_chunk(chunk))
    if attempt.log_dropped > older:
        yield f"… {attempt.log_dropped} lines more were not kept.\n"
