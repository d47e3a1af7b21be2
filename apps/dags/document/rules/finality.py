"""What a reorg may still change is not compacted: the depth of both ends agrees."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from apps.dags.document.codes import Code
from apps.dags.document.facts import Facts
from apps.dags.document.problems import Complaint
from apps.dags.document.shape import Job

_FOLLOWS, _COMPACTS = "block_follower", "parquet_compact"


def only_final_blocks_are_compacted(facts: Facts) -> Iterator[Complaint]:
    deepest = _deepest_above(facts)
    for at, job in facts.jobs():
        depth = _depth(facts, job, "finality_depth_blocks") if job.operator == _COMPACTS else None
        name, reorg = deepest.get(job.name, ("", 0))
        if depth is not None and depth < reorg:
            message = f"`{name}` may still rewrite the last {reorg} blocks; this compacts what is {depth} deep."
            where = (*at, "config", "finality_depth_blocks")
            yield Complaint(Code.NOT_FINAL, message, where, f"Write {reorg} or more, or a smaller `max_reorg_depth` there.")


def _deepest_above(facts: Facts) -> Mapping[str, tuple[str, int]]:
    """Of each job the follower, of all that it reads directly or not, which rewrites most: each job is reached once."""
    depths = {job.name: _depth(facts, job, "max_reorg_depth") for _, job in facts.jobs() if job.operator == _FOLLOWS}
    readers = _readers(facts) if depths else {}
    found: dict[str, tuple[str, int]] = {}
    for name, depth in sorted(((name, depth) for name, depth in depths.items() if depth), key=lambda one: (-one[1], one[0])):
        waiting = [name]
        while waiting:
            for reader in readers.get(waiting.pop(), ()):
                if reader not in found:
                    found[reader] = (name, depth)
                    waiting.append(reader)
    return found


def _readers(facts: Facts) -> Mapping[str, list[str]]:
    readers: dict[str, list[str]] = defaultdict(list)
    for _, job in facts.jobs():
        for _, name, _ in facts.upstream(job):
            readers[name].append(job.name)
    return readers


def _depth(facts: Facts, job: Job, field: str) -> int | None:
    """With the operator's default; None where another rule has refused the config."""
    found = getattr(facts.config(job), field, None)
    return found if isinstance(found, int) else None
