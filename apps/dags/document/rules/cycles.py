"""Nothing waits for itself. Every circle is named once, with its way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice

from apps.dags.document.codes import Code
from apps.dags.document.facts import Facts
from apps.dags.document.problems import Complaint

# Every back edge of a long chain closes a circle as long as the chain: all of them would be a book.
_MOST_CIRCLES = 50
_LONGEST_WAY = 30


def no_job_waits_for_itself(facts: Facts) -> Iterator[Complaint]:
    reads = {job.name: {name: number for number, name, _ in reversed(list(facts.upstream(job)))} for _, job in facts.jobs()}
    places = {job.name: at for at, job in facts.jobs()}
    for circle in islice(_circles(reads), _MOST_CIRCLES):
        start = circle[0]
        way = " → ".join(f"`{name}`" for name in _shortened([*reversed(circle), circle[-1]]))
        number = reads[start][circle[1 % len(circle)]]
        message = f"These jobs wait for each other: {way}." if len(circle) > 1 else f"`{start}` reads its own output."
        yield Complaint(Code.CYCLE, message, (*places[start], "inputs", number), "Remove one of these inputs.")


def _shortened(way: list[str]) -> list[str]:
    half = _LONGEST_WAY // 2
    return way if len(way) <= _LONGEST_WAY else [*way[:half], "…", *way[-half:]]


def _circles(reads: Mapping[str, Mapping[str, int]]) -> Iterator[list[str]]:
    """One per back edge of a walk in the order of the document. By a stack of our own: a chain may be 5,000 jobs long."""
    done: set[str] = set()
    for root in reads:
        way: dict[str, Iterator[str]] = {}
        name: str | None = root
        while name is not None:
            if name not in way and name not in done:
                way[name] = iter(reads.get(name, ()))
            following = next(way[name], None) if name in way else None
            if following is None:
                way.pop(name, None)
                done.add(name)
                name = next(reversed(way), None)
            elif following in way:
                names = list(way)
                yield names[names.index(following) :]
            elif following not in done:
                name = following
