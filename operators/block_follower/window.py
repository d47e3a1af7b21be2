"""What the follower remembers of the chain: the hashes of blocks that it wrote and that a reorg may still change.

Of the last 512 blocks every one, of those below one in 16: a window of 10,000 blocks stays small enough to be written with every block. A fork that lies between
two that are remembered is taken for the lower one; a few blocks more are written again then, to the same rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self

from operators.sdk.task import Range

_DENSE, _STRIDE = 512, 16


class Link(NamedTuple):
    number: int
    hash: str


@dataclass
class Window:
    """`start`: the first block that was ever written, None where that is not known. `redo`: what was about to be written again when all ended."""

    depth: int
    start: int | None = None
    redo: Range | None = None
    _links: dict[int, str] = field(default_factory=dict)

    @property
    def tip(self) -> Link | None:
        return Link(*next(reversed(self._links.items()))) if self._links else None

    @property
    def lowest(self) -> int | None:
        return next(iter(self._links), None)

    def hash_at(self, number: int) -> str | None:
        return self._links.get(number)

    def below(self, number: int) -> Iterator[Link]:
        """What is remembered from that block on, downwards."""
        return (Link(known, self._links[known]) for known in reversed(list(self._links)) if known <= number)

    def extend(self, links: Iterable[Link]) -> None:
        for link in links:
            self._links[link.number] = link.hash
        self._thin()

    def take_up(self, links: Iterable[Link], *, start: int | None) -> None:
        """What an earlier definition of the job left, in place of what is remembered."""
        self._links, self.start = {}, start
        self.extend(links)

    def is_deep_enough(self, tip: Link) -> bool:
        """The block at which the deepest reorg begins is remembered, or one in its place."""
        return self.lowest is not None and self.lowest <= tip.number - self.depth

    def deepen(self, links: Iterable[Link]) -> None:
        """With blocks of the table that lie below all that is remembered."""
        lowest = self.lowest
        below = {link.number: link.hash for link in links if lowest is not None and link.number < lowest}
        self._links = below | self._links
        self._thin()

    def insert(self, link: Link) -> None:
        """Where what is written again begins, also below all that is remembered."""
        if link.number >= 0:
            self._links = dict(sorted({**self._links, link.number: link.hash}.items()))

    def cut(self, above: int) -> None:
        """Forgets the blocks above that one."""
        self._links = {number: known for number, known in self._links.items() if number <= above}

    @property
    def holds_everything(self) -> bool:
        """Nothing was forgotten yet: below the lowest is the block at which it began."""
        return self.lowest is None or self.lowest == self.start

    def _thin(self) -> None:
        tip = self.tip
        if tip is None or len(self._links) <= min(self.depth, _DENSE) + 1:
            return
        # The block at which the deepest reorg begins is kept, too.
        lowest = tip.number - self.depth - _STRIDE * (self.depth > _DENSE)
        self._links = {
            number: known
            for number, known in self._links.items()
            if number >= lowest and (number > tip.number - _DENSE or number % _STRIDE == 0)
        }

    @classmethod
    def read(cls, state: Any, *, depth: int) -> Self:
        if state is None:
            return cls(depth)
        redo = state["redo"]
        links = {int(number): known for number, known in state["links"]}
        start = None if state["start"] is None else int(state["start"])
        return cls(depth, start, redo and Range(int(redo[0]), int(redo[1])), links)

    def written(self) -> dict[str, object]:
        """Block numbers as text: one may pass what a double holds."""
        return {
            "start": None if self.start is None else str(self.start),
            "redo": self.redo and [str(self.redo.start), str(self.redo.end)],
            "links": [[str(number), known] for number, known in self._links.items()],
        }
