"""What a reorg may still change is not compacted: the depth of both ends agrees."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from apps.dags.document.codes import Code
from apps.dags.document.facts import Facts
from apps.dags.document.problems import Complaint
from apps.dags.document.shape import Job
from operators.sdk.config import Config, Depth


def only_final_blocks_are_compacted(facts: Facts) -> Iterator[Complaint]:
    deepest = _deepest_above(facts)
    for at, job in facts.jobs():
        config = _config(facts, job)
        final = config.takes_as_final if config else None
        if final is None or job.name not in deepest:
            continue
        name, reorg = deepest[job.name]
        if final.blocks < reorg.blocks:
            message = f"`{name}` may still rewrite the last {reorg.blocks} blocks; this compacts what is {final.blocks} deep."
            hint = f"Write {reorg.blocks} or more, or a smaller `{reorg.field}` there."
            yield Complaint(Code.NOT_FINAL, message, (*at, "config", final.field), hint)


def _deepest_above(facts: Facts) -> Mapping[str, tuple[str, Depth]]:
    """Of each job the one, of all that it reads directly or not, which rewrites most: each job is reached once."""
    configs = {job.name: _config(facts, job) for _, job in facts.jobs()}
    depths = [(name, config.may_rewrite) for name, config in configs.items() if config and config.may_rewrite]
    readers = _readers(facts) if depths else {}
    found: dict[str, tuple[str, Depth]] = {}
    for name, depth in sorted(depths, key=lambda one: (-one[1].blocks, one[0])):
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
        for name in _read_by(facts, job):
            readers[name].append(job.name)
    return readers


def _read_by(facts: Facts, job: Job) -> Iterator[str]:
    """By an input, or because its config names what they publish."""
    yield from (name for _, name, _ in facts.upstream(job))
    yield from (source.job for dataset in facts.read_by_name(job) for source in facts.sources_of(dataset))


def _config(facts: Facts, job: Job) -> Config | None:
    """With the operator's defaults; None where another rule has refused it."""
    config = facts.config(job)
    return config if isinstance(config, Config) else None
