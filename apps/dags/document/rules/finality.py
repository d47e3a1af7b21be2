"""What a reorg may still change is not compacted: the depth of both ends agrees."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import ValidationError

from apps.dags.document.codes import Code
from apps.dags.document.facts import Facts
from apps.dags.document.problems import Complaint
from apps.dags.document.shape import Job

_FOLLOWS, _COMPACTS = "block_follower", "parquet_compact"


def only_final_blocks_are_compacted(facts: Facts) -> Iterator[Complaint]:
    jobs = {job.name: job for _, job in facts.jobs()}
    for at, job in facts.jobs():
        depth = _depth(facts, job, "finality_depth_blocks") if job.operator == _COMPACTS else None
        if depth is None:
            continue
        for name in sorted(_upstream(facts, jobs, job)):
            reorg = _depth(facts, jobs[name], "max_reorg_depth") if jobs[name].operator == _FOLLOWS else None
            if reorg is not None and depth < reorg:
                message = f"`{name}` may still rewrite the last {reorg} blocks; this compacts what is {depth} deep."
                where = (*at, "config", "finality_depth_blocks")
                yield Complaint(Code.NOT_FINAL, message, where, f"Write {reorg} or more, or a smaller `max_reorg_depth` there.")


def _depth(facts: Facts, job: Job, field: str) -> int | None:
    """With the operator's default; None where another rule has refused the config."""
    operator = facts.operator(job)
    try:
        found = getattr(operator.config.model_validate(job.config or {}), field, None) if operator else None
    except ValidationError:
        return None
    return found if isinstance(found, int) else None


def _upstream(facts: Facts, jobs: dict[str, Job], job: Job) -> set[str]:
    """Everything that it reads, directly or not; a circle ends where it closes."""
    found: set[str] = set()
    waiting = [job]
    while waiting:
        for _, name, _ in facts.upstream(waiting.pop()):
            if name in jobs and name not in found:
                found.add(name)
                waiting.append(jobs[name])
    return found
