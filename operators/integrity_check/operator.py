from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing, nullcontext
from typing import Any

from operators.integrity_check.against_chain import check_chain
from operators.integrity_check.config import IntegrityCheckConfig
from operators.integrity_check.finding import Findings
from operators.integrity_check.sampling import detection, sampled
from operators.integrity_check.structure import Links, check_gaps, read_light
from operators.sdk.chain.asking import Asking, Stopped
from operators.sdk.errors import InputError
from operators.sdk.inputs import InputPartition
from operators.sdk.ranged import Differs
from operators.sdk.rpc import require_chain
from operators.sdk.task import Event, TaskContext
from operators.sdk.words import Keeping

Task = TaskContext[IntegrityCheckConfig]


class IntegrityCheck:
    def run(self, task: Task) -> None:
        pool = task.config.rpc_pool
        with closing(Asking(task, task.rpc(pool))) if pool else nullcontext() as asking:
            if asking is not None:
                require_chain(asking.rpc, int(asking.call("eth_chainId"), 16), task.config.chain_id)
            self._check(task, asking)

    def _check(self, task: Task, asking: Asking | None) -> None:
        found = partitions = blocks = looked_at = 0
        total = sum(len(one.partitions) for one in task.inputs)
        for one in task.inputs:
            links = Links()
            for partition in _in_order(one.partitions):
                if task.cancelled:
                    raise Stopped
                findings, seen = _checked(task, asking, partition, links)
                partitions, found = partitions + 1, found + findings.total
                blocks, looked_at = blocks + seen[0], looked_at + seen[1]
                _tell(task, partition, findings, detection(*seen, 1))
                if findings and task.config.on_finding == "invalidate":
                    task.dispute(partition)
                task.progress(partitions, total, partition.key)
        task.metric("partitions", partitions)
        task.metric("findings", found)
        task.metric("blocks", blocks)
        task.metric("blocks_looked_at", looked_at)
        # Where one block is wrong, and where one in a hundred is.
        task.metric("detects_one_wrong_block", detection(blocks, looked_at, 1))
        task.metric("detects_one_percent_wrong", detection(blocks, looked_at, max(blocks // 100, 1)))
        if found and task.config.on_finding == "fail":
            raise InputError(
                f"{found:,} things are wrong in {partitions:,} partitions: the rows of the output say what and where."
            )


def _in_order(partitions: Iterable[InputPartition]) -> list[InputPartition]:
    return sorted(partitions, key=lambda one: (one.range.start if one.range else -1, one.key))


def _checked(task: Task, asking: Asking | None, partition: InputPartition, links: Links) -> tuple[Findings, tuple[int, int]]:
    """What is wrong with it; how many blocks it has, and how many of them the chain was asked about."""
    config, findings = task.config, Findings()
    if "checksums" in config.checks:
        for name, expected, found in partition.differences():
            findings.say("checksums", None, f"{name} {expected}", f"{name} {found}")
        if findings:
            # What lies there is not what was committed: of its rows nothing is said.
            return findings, (0, 0)
    try:
        light = read_light(partition)
        if light is None:
            return findings, (0, 0)
        if "gaps" in config.checks:
            check_gaps(light, config.chain_id, findings)
        if "parents" in config.checks:
            links.check(light, findings)
        every = range(light.within.start, light.within.end + 1) if light.within else range(0)
        if asking is None:
            return findings, (len(every), len(every))
        chosen = sampled(every, config.sample_percent, chain_id=config.chain_id, key=partition.key)
        check_chain(asking, partition, light, chosen, config.checks, findings)
        return findings, (len(every), len(chosen))
    except Differs as broken:
        # It cannot be read as what was pinned: of its rows nothing can be said.
        if not findings:
            findings.say("checksums", None, "files as their manifest says", str(broken))
        return findings, (0, 0)


def _tell(task: Task, partition: InputPartition, findings: Findings, chance: float) -> None:
    """In place of what was found in the same partition before: what was repaired is not told of any more."""
    rows = list(_rows(task.config.chain_id, partition.key, findings, chance))
    keeping = task.keeping(0)
    if keeping is Keeping.DIRECT:
        task.table(0).replace(partition.key, rows, key="partition_key")
    elif keeping is Keeping.BUFFERED and rows:
        task.buffer.write(0, rows)
    if keeping is not Keeping.BUFFERED and rows:
        task.emit(
            Event(
                0,
                partition_key=partition.key,
                data={"chain_id": task.config.chain_id, "check": rows[0]["check"], "findings": len(rows)},
            )
        )


def _rows(chain_id: int, key: str, findings: Findings, chance: float) -> Iterator[dict[str, Any]]:
    for number, one in enumerate(findings):
        yield {
            "chain_id": chain_id, "partition_key": key, "number": number, "check": one.check, "block_number": one.block,
            "expected": one.expected, "found": one.found, "detection": chance,
        }  # fmt: skip
