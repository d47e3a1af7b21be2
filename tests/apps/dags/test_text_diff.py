"""Differences of two texts: what `patch` would make of them is the other text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some

from apps.dags.document.text_diff import MOST_COMPARED, Line, differences

LINES = some.lists(some.sampled_from(["a", "b", "c", "", "\u2028x", "a: 1"]), max_size=30)
NAMES = ("before", "after")


def rebuilt(lines: list[Line], kinds: set[str]) -> list[str]:
    return [line.text[1:] for line in lines if line.kind in kinds]


@given(LINES, LINES, some.booleans())
def test_every_line_of_both_texts_that_differs_is_there_once_and_in_order(one: list[str], two: list[str], ends: bool) -> None:
    before, after = "\n".join(one), "\n".join(two) + ("\n" if ends else "")
    lines = differences(before, after, NAMES)

    assert (lines == []) == (before == after)
    for kind, text in (("remove", before), ("add", after)):
        told = iter(text.split("\n"))
        assert all(line in told for line in rebuilt(lines, {kind, "same"}))


def test_a_last_line_without_a_break_is_a_line_of_its_own() -> None:
    texts = [line.text for line in differences("a\nb", "a\nc", NAMES)]

    assert texts == [
        "--- before", "+++ after", "@@ -1,2 +1,2 @@", " a",
        "-b", "\\ No newline at end of file", "+c", "\\ No newline at end of file",
    ]  # fmt: skip


def test_far_changes_are_apart() -> None:
    before = [str(number) for number in range(40)]
    after = ["first", *before[1:-1], "last"]
    places = [line.text for line in differences("\n".join(before) + "\n", "\n".join(after) + "\n", NAMES) if line.kind == "place"]

    assert places == ["@@ -1,4 +1,4 @@", "@@ -37,4 +37,4 @@"]


def test_what_would_take_minutes_is_told_as_two_blocks() -> None:
    before, after = ("\n".join(f"# {word} {number % 7}" for number in range(MOST_COMPARED)) for word in ("one", "two"))
    kinds = [line.kind for line in differences(before, after, NAMES)]

    assert kinds.count("place") == 1 and kinds.count("remove") == kinds.count("add") == MOST_COMPARED
