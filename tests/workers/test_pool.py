"""How many tasks a worker holds, and which of them runs where."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from queue import SimpleQueue
from uuid import UUID, uuid4

from apps.platform.contracts import Claimed, TaskOrder
from workers.platform_worker.attempt import Attempt, Pair
from workers.platform_worker.pace import Pace
from workers.platform_worker.pool import Batch, Pool


@dataclass(eq=False)
class Place:
    inbox: SimpleQueue[Batch | None] = field(default_factory=SimpleQueue)
    pair: Pair | None = None
    loyal_until: float = 0.0

    def taken(self) -> list[str]:
        batch = None if self.inbox.empty() else self.inbox.get()
        return [attempt.claimed.task.job for attempt in batch or []]


def attempt(job: str, *, operator: str = "noop", secrets: dict[str, str] | None = None) -> Attempt:
    order = TaskOrder(
        org_id=UUID(int=1),
        dag="d",
        job=job,
        version=1,
        operator=operator,
        operator_version="1.0",
        config={},
        secrets=secrets or {},
    )
    claimed = Claimed(
        task_id=uuid4(), attempt=1, lease_token=uuid4(), lease_expires_at=datetime.now(UTC), lease_seconds=60,
        capability_token="c", task=order,
    )  # fmt: skip
    return Attempt(claimed, None)


def pool(*places: Place, pace: Pace | None = None) -> Pool:
    made = Pool(pace or Pace(slots=len(places), prefetch=64))
    made.open(places)
    return made


def quick(*pairs: Pair, slots: int) -> Pace:
    pace = Pace(slots=slots, prefetch=64)
    for pair in pairs:
        pace.learn(pair, 0.0001)
    return pace


def test_a_task_goes_to_the_child_that_is_warm_for_it() -> None:
    cold, warm = Place(), Place(pair=attempt("x").pair)
    pool(cold, warm).put([attempt("a")])

    assert (cold.taken(), warm.taken()) == ([], ["a"])


def test_without_a_warm_child_an_empty_place_comes_before_one_that_must_be_cleared() -> None:
    other, empty = Place(pair=attempt("x", operator="sleep").pair), Place()
    pool(other, empty).put([attempt("a")])

    assert (other.taken(), empty.taken()) == ([], ["a"])


def test_what_nothing_is_known_of_is_given_out_one_by_one() -> None:
    place = Place()
    one = pool(place)
    one.put([attempt("a"), attempt("b")])

    assert place.taken() == ["a"]
    assert [next_.claimed.task.job for next_ in one.next_for(place) or []] == ["b"]
    assert one.next_for(place) is None


def test_short_tasks_are_given_out_together_and_shared() -> None:
    first, second = Place(), Place()
    tasks = [attempt(str(number)) for number in range(6)]
    pool(first, second, pace=quick(tasks[0].pair, slots=2)).put(tasks)

    assert (len(first.taken()), len(second.taken())) == (3, 2)


def test_tasks_with_secrets_go_alone() -> None:
    place = Place()
    tasks = [attempt("a"), attempt("b", secrets={"K": "v"}), attempt("c")]
    one = pool(place, pace=quick(tasks[0].pair, slots=1))
    one.put(tasks)

    assert place.taken() == ["a"]
    assert [next_.claimed.task.job for next_ in one.next_for(place) or []] == ["b"]


def test_a_place_stays_with_its_pair_unless_another_waits_much_longer() -> None:
    place = Place(pair=attempt("x").pair)
    one = pool(place)
    one.put([attempt("running")])
    other, mine = attempt("other", operator="sleep"), attempt("mine")
    one.put([other, mine])

    assert one.next_for(place) == [mine]
    later = attempt("later")
    other.claimed_at -= 10
    one.put([later])
    assert one.next_for(place) == [other]


def test_little_work_waits_for_the_child_that_is_warm_for_it_and_turns_no_other_over() -> None:
    busy, idle = Place(), Place()
    mine, theirs = attempt("mine"), attempt("theirs", operator="sleep")
    one = pool(busy, idle, pace=quick(mine.pair, theirs.pair, slots=2))
    one.put([mine])
    one.put([theirs])
    assert (busy.taken(), idle.taken(), one.next_for(idle)) == (["mine"], ["theirs"], None)

    later = attempt("later")
    one.put([later])
    assert idle.taken() == []
    assert one.next_for(busy) == [later]


def test_who_waits_behind_one_that_takes_long_gets_another_place() -> None:
    busy, idle = Place(), Place(pair=attempt("x", operator="sleep").pair)
    mine, later = attempt("mine"), attempt("later")
    one = pool(busy, idle, pace=quick(mine.pair, slots=2))
    one.put([mine])
    one.put([later])
    assert idle.taken() == []

    later.claimed_at -= 10
    one.look()
    assert idle.taken() == ["later"]


def test_a_place_that_was_just_turned_over_serves_its_turn() -> None:
    place = Place(pair=attempt("x").pair)
    one = pool(place)
    one.put([attempt("running")])
    other, mine = attempt("other", operator="sleep"), attempt("mine")
    other.claimed_at -= 10
    one.put([other, mine])
    place.loyal_until = one.began(0.5)

    assert one.next_for(place) == [mine]
    assert one.next_for(place) == [other]


def test_more_is_held_only_while_there_are_more_kinds_of_work_than_places() -> None:
    places, pace = (Place(), Place()), Pace(slots=2, prefetch=64)
    tasks = [attempt(name, operator=name) for name in ("noop", "sleep", "fail")]
    one = pool(*places, pace=pace)
    one.put(tasks[:2])
    assert not pace.is_crowded

    one.put(tasks[2:])
    assert pace.is_crowded
    assert one.next_for(places[0]) == tasks[2:]
    assert not pace.is_crowded


def test_what_waits_too_long_is_taken_out() -> None:
    place = Place()
    one = pool(place)
    old, new = attempt("old"), attempt("new")
    one.put([attempt("running"), old, new])
    old.claimed_at -= 10

    assert one.remove(waiting_since=new.claimed_at - 5) == [old]
    assert one.next_for(place) == [new]


class TestPace:
    def test_no_more_is_held_than_runs_while_nothing_is_known(self) -> None:
        pace = Pace(slots=4, prefetch=64)
        pace.hold(3)

        assert pace.room() == 1

    def test_of_short_tasks_so_many_are_held_as_bridge_a_claim(self) -> None:
        pace = quick(attempt("x").pair, slots=4)

        assert pace.room() == 4 * 64

    def test_long_tasks_are_not_held_in_advance(self) -> None:
        pace = Pace(slots=4, prefetch=64)
        pace.learn(attempt("x").pair, 30)

        assert pace.room() == 4

    def test_what_waits_too_long_makes_it_careful_again(self) -> None:
        pace = quick(attempt("x").pair, slots=4)
        pace.forget()

        assert pace.room() == 4
