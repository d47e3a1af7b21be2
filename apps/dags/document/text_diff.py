"""The difference of two texts, as `diff -u` shows it, in bounded time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

CONTEXT = 3
# Beyond this the lines that differ are shown as two blocks: comparing all with all would take minutes.
MOST_COMPARED = 4_000
NO_BREAK = "\\ No newline at end of file"


@dataclass(frozen=True)
class Line:
    """`kind`: `add`, `remove`, `same`, `place` or `note`."""

    kind: str
    text: str


def differences(before: str, after: str, names: tuple[str, str]) -> list[Line]:
    """Empty where there is none. A line ends at a line feed, and at nothing else that Unicode calls a break."""
    if before == after:
        return []
    old, new = _split(before), _split(after)
    head = [Line("note", f"--- {names[0]}"), Line("note", f"+++ {names[1]}")]
    return [*head, *(line for group in _groups(old, new) for line in _hunk(old, new, group))]


def _groups(old: Sequence[str], new: Sequence[str]) -> Iterator[list[tuple[str, int, int, int, int]]]:
    """What is the same at both ends needs no comparing, and is most of a document that somebody edited."""
    start = next((at for at, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    most = min(len(old), len(new)) - start
    same = next((at for at in range(most) if old[-1 - at] != new[-1 - at]), most)
    middle_old, middle_new = old[start : len(old) - same], new[start : len(new) - same]
    if len(middle_old) + len(middle_new) > MOST_COMPARED:
        codes = [("replace", 0, len(middle_old), 0, len(middle_new))]
    else:
        codes = list(SequenceMatcher(None, middle_old, middle_new, autojunk=False).get_opcodes())
    moved = [(tag, a + start, b + start, c + start, d + start) for tag, a, b, c, d in codes]
    around = [("equal", 0, start, 0, start), *moved, ("equal", len(old) - same, len(old), len(new) - same, len(new))]
    yield from _near(around)


def _near(codes: list[tuple[str, int, int, int, int]]) -> Iterator[list[tuple[str, int, int, int, int]]]:
    """Changes with a few lines around them; far ones apart."""
    group: list[tuple[str, int, int, int, int]] = []
    for place, (tag, a, b, c, d) in enumerate(codes):
        if tag != "equal":
            group.append((tag, a, b, c, d))
            continue
        first, last = place == 0, place == len(codes) - 1
        if group and (last or b - a > 2 * CONTEXT):
            group.append(("equal", a, min(b, a + CONTEXT), c, min(d, c + CONTEXT)))
            yield group
            group = []
        if not last and (first or not group):
            group = [("equal", max(a, b - CONTEXT), b, max(c, d - CONTEXT), d)]
        elif not last:
            group.append((tag, a, b, c, d))
    if any(tag != "equal" for tag, *_ in group):
        yield group


def _hunk(old: Sequence[str], new: Sequence[str], group: list[tuple[str, int, int, int, int]]) -> Iterator[Line]:
    a, b, c, d = group[0][1], group[-1][2], group[0][3], group[-1][4]
    yield Line("place", f"@@ -{a + 1},{b - a} +{c + 1},{d - c} @@")
    for tag, from_old, to_old, from_new, to_new in group:
        if tag == "equal":
            yield from _lines("same", " ", old, from_old, to_old)
            continue
        yield from _lines("remove", "-", old, from_old, to_old)
        yield from _lines("add", "+", new, from_new, to_new)


def _lines(kind: str, mark: str, text: Sequence[str], start: int, end: int) -> Iterator[Line]:
    for line in text[start:end]:
        yield Line(kind, mark + line.removesuffix("\n"))
        if not line.endswith("\n"):
            yield Line("note", NO_BREAK)


def _split(text: str) -> list[str]:
    """With their line feeds; only the last may be without."""
    lines = [f"{line}\n" for line in text.split("\n")]
    return [*lines[:-1], *([lines[-1][:-1]] if lines[-1] != "\n" else [])]
