"""Which blocks are known to be there, whatever order the news came in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

from operators.sdk.task import Range


@dataclass(frozen=True)
class Coverage:
    """`spans` are apart from each other and in order; `cursors` is the lowest and the highest cursor so far."""

    spans: tuple[Range, ...] = ()
    cursors: Range | None = None

    def with_cursor(self, cursor: int, *, start: int | None) -> Coverage:
        """A cursor says that everything up to it is there: from the start, or else from the lowest cursor."""
        seen = self.cursors or Range(cursor, cursor)
        cursors = Range(min(seen.start, cursor), max(seen.end, cursor))
        there = Range(cursors.start if start is None else start, cursors.end)
        known = Coverage(self.spans, cursors)
        return known if there.start > there.end else known.with_range(there)

    def with_range(self, new: Range) -> Coverage:
        touching = [span for span in self.spans if span.start <= new.end + 1 and span.end >= new.start - 1]
        merged = Range(min([new.start, *(s.start for s in touching)]), max([new.end, *(s.end for s in touching)]))
        apart = [span for span in self.spans if span not in touching]
        return Coverage(tuple(sorted([*apart, merged], key=lambda span: span.start)), self.cursors)

    def whole_ranges_since(self, before: Coverage, size: int) -> Iterator[Range]:
        """The ranges, each from one multiple of `size` to the next, that are whole now and were not then."""
        for span in self.spans:
            following = -(-span.start // size) * size
            for gap in before._gaps_in(span):
                # A range that two gaps share is looked at once.
                for start in range(max(following, gap.start // size * size), gap.end + 1, size):
                    following = start + size
                    if following - 1 <= span.end:
                        yield Range(start, following - 1)

    def _gaps_in(self, span: Range) -> Iterator[Range]:
        at = span.start
        for known in self.spans:
            if known.end < at or known.start > span.end:
                continue
            if known.start > at:
                yield Range(at, known.start - 1)
            at = known.end + 1
        if at <= span.end:
            yield Range(at, span.end)

    @classmethod
    def read(cls, state: Any) -> Self:
        if state is None:
            return cls()
        return cls(tuple(Range(*span) for span in state["spans"]), state["cursors"] and Range(*state["cursors"]))

    def written(self) -> dict[str, object]:
        return {
            "spans": [[span.start, span.end] for span in self.spans],
            "cursors": self.cursors and [self.cursors.start, self.cursors.end],
        }
