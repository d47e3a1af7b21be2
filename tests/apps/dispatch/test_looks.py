"""Between two beats a loop comes back by itself to the moment at which something is due."""

from __future__ import annotations

import pytest

from apps.dispatch.tasks import seconds_until_next_look


@pytest.mark.parametrize(
    ("due", "left", "wait"),
    [(None, 15.0, None), (4.0, 15.0, 4.0), (15.0, 15.0, None), (4.0, 3.0, None), (-1.0, 15.0, 0.05)],
)
def test_it_waits_for_what_is_due_before_beat_comes(due: float | None, left: float, wait: float | None) -> None:
    assert seconds_until_next_look(due, left) == wait


def test_where_something_is_always_due_the_looks_of_one_beat_end_before_the_next() -> None:
    left, looks = 15.0, 0
    while (wait := seconds_until_next_look(0.5, left)) is not None:
        left, looks = left - wait, looks + 1

    assert looks == 29 and left > 0
