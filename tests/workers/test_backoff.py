"""How long a process waits before it is started again."""

from __future__ import annotations

from workers.supervisor.backoff import STABLE_SECONDS, Backoff


def test_the_waits_double_up_to_half_a_minute() -> None:
    backoff = Backoff()

    assert [backoff.after(0) for _ in range(9)] == [0.25, 0.5, 1, 2, 4, 8, 16, 30, 30]


def test_being_ready_for_long_makes_them_small_again() -> None:
    backoff = Backoff()
    for _ in range(5):
        backoff.after(0)

    assert [backoff.after(STABLE_SECONDS + 1), backoff.after(0)] == [0.25, 0.5]
