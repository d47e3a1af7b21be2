"""Every row of a dataset in two halves is read once, whatever was compacted, deleted or rewritten between the pins and the snapshot."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.platform.seam import Cold, HotState, Span, StalePins, seam


def cold(start: int, end: int, *, valid: bool = True) -> Cold[str]:
    return Cold(start, end, valid, f"{start}-{end}")


def keys(some: object) -> list[str]:
    return [one.of for one in some]  # type: ignore[attr-defined]


FULL = HotState(Span(0, 40))


def test_what_lies_in_files_is_read_from_files_alone() -> None:
    found = seam([cold(0, 9), cold(10, 19)], FULL)

    assert keys(found.cold) == ["0-9", "10-19"]
    assert found.hot_within(0, 40) == [Span(20, 40)]


def test_a_gap_between_partitions_is_read_from_the_table() -> None:
    found = seam([cold(30, 39), cold(0, 9)], FULL)

    assert found.hot_within(0, 40) == [Span(10, 29), Span(40, 40)]


def test_without_files_everything_is_hot() -> None:
    assert seam([], FULL).hot_within(0, 40) == [Span(0, 40)]


def test_what_is_asked_for_within_a_partition_is_not_hot() -> None:
    found = seam([cold(10, 19)], FULL)

    assert found.hot_within(12, 15) == []
    assert found.hot_within(5, 12) == [Span(5, 9)]
    assert found.hot_within(19, 21) == [Span(20, 21)]


def test_an_invalid_partition_is_left_out_while_the_table_has_its_whole_range() -> None:
    found = seam([cold(0, 9), cold(10, 19, valid=False)], FULL)

    assert keys(found.cold) == ["0-9"] and not found.stale
    assert found.hot_within(0, 40) == [Span(10, 40)]


@pytest.mark.parametrize("hot", [
    HotState(Span(0, 40), [Span(10, 19)]), HotState(Span(0, 40), [Span(18, 30)]), HotState(Span(11, 40)), HotState(Span(0, 18)), HotState(None),
])  # fmt: skip
def test_an_invalid_partition_that_the_table_has_not_whole_is_read_and_told_as_stale(hot: HotState) -> None:
    found = seam([cold(0, 9), cold(10, 19, valid=False), cold(20, 30)], hot)

    assert keys(found.stale) == ["10-19"]
    assert found.hot_within(10, 19) == []


def test_a_range_that_was_deleted_after_the_pins_makes_them_stale() -> None:
    with pytest.raises(StalePins) as stale:
        seam([cold(0, 9)], HotState(Span(20, 40), [Span(0, 9), Span(10, 19)]))

    assert stale.value.spans == [Span(10, 19)]


def test_pins_that_were_resolved_again_say_what_is_missing() -> None:
    found = seam([cold(0, 9)], HotState(Span(20, 40), [Span(0, 9), Span(10, 19)]), resolved_again=True)

    assert found.missing == [Span(10, 19)]


def test_a_deleted_range_that_other_partitions_cover_is_not_missing() -> None:
    assert seam([cold(0, 4), cold(5, 19)], HotState(Span(20, 40), [Span(0, 9), Span(10, 19)])).missing == []


@dataclass
class World:
    """Blocks of a chain, each with its fork; hot and cold as they come to be."""

    height: int = 0
    truth: dict[int, int] = field(default_factory=dict)
    hot: dict[int, int] = field(default_factory=dict)
    files: dict[int, dict[int, int]] = field(default_factory=dict)
    valid: dict[int, bool] = field(default_factory=dict)
    deleted: list[Span] = field(default_factory=list)
    forks: int = 0

    def follow(self, blocks: int) -> None:
        for number in range(self.height, self.height + blocks):
            self.truth[number] = self.hot[number] = self.forks
        self.height += blocks

    def compact(self, start: int) -> None:
        rows = {number: self.hot[number] for number in range(start, start + SIZE) if number in self.hot}
        if len(rows) == SIZE:
            self.files[start], self.valid[start] = rows, True

    def delete(self, start: int) -> None:
        if self.valid.get(start) and all(self.hot.get(n) == fork for n, fork in self.files[start].items()):
            for number in self.files[start]:
                del self.hot[number]
            self.deleted.append(Span(start, start + SIZE - 1))

    def reorg(self, depth: int) -> None:
        """Of what is still in the table: a deeper one stops its follower."""
        self.forks += 1
        low = max(self.height - depth, max((one.end + 1 for one in self.deleted), default=0))
        for number in range(low, self.height):
            self.truth[number] = self.hot[number] = self.forks
        for start in self.files:
            if low <= start + SIZE - 1 and low < self.height:
                self.valid[start] = False

    def pins(self) -> list[Cold[dict[int, int]]]:
        return [Cold(start, start + SIZE - 1, self.valid[start], rows) for start, rows in self.files.items()]

    def snapshot(self) -> HotState:
        return HotState(Span(min(self.hot), max(self.hot)) if self.hot else None, list(self.deleted))

    def read(self, pinned: list[Cold[dict[int, int]]], state: HotState, *, again: bool = False) -> dict[int, int]:
        found = seam(pinned, state, resolved_again=again)
        rows = [item for one in found.cold for item in one.of.items()]
        rows += [
            (n, fork) for span in found.hot_within(0, self.height) for n, fork in self.hot.items() if span.start <= n <= span.end
        ]
        assert len(rows) == len(dict(rows)), "a row was read twice"
        return dict(rows)


SIZE = 4
STEPS = st.lists(st.one_of(
    st.tuples(st.just("follow"), st.integers(1, 6)), st.tuples(st.just("compact"), st.integers(0, 5)),
    st.tuples(st.just("delete"), st.integers(0, 5)), st.tuples(st.just("reorg"), st.integers(1, 9)),
), max_size=30)  # fmt: skip


def _do(world: World, step: tuple[str, int]) -> None:
    what, number = step
    getattr(world, what)(number * SIZE if what in {"compact", "delete"} else number)


@given(before=STEPS)
def test_whatever_happened_hot_and_cold_are_the_chain(before: list[tuple[str, int]]) -> None:
    world = World()
    for step in before:
        _do(world, step)

    assert world.read(world.pins(), world.snapshot()) == world.truth


@given(before=STEPS, between=STEPS.filter(lambda steps: all(what != "reorg" for what, _ in steps)))
def test_what_is_compacted_and_deleted_after_the_pins_is_neither_lost_nor_twice(before: list[tuple[str, int]], between: list[tuple[str, int]]) -> None:  # fmt: skip
    world = World()
    for step in before:
        _do(world, step)
    old = world.pins()
    for step in between:
        _do(world, step)

    try:
        found = world.read(old, world.snapshot())
    except StalePins:
        found = world.read(world.pins(), world.snapshot(), again=True)
    assert found == world.truth
