from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from operators.rpc_integrity_check.answers import Lack, Said, ask
from operators.rpc_integrity_check.config import Answer, RpcIntegrityCheckConfig
from operators.rpc_integrity_check.verdicts import rows
from operators.sdk.errors import ConfigurationError, Retry
from operators.sdk.rpc import Rpc, require_chain
from operators.sdk.task import Event, TaskContext
from operators.sdk.words import Keeping

# Somebody in the middle of a reorg, or a moment behind, answers otherwise and means no harm.
_AGAIN_SECONDS = 2.0
KEY = "block_number"
Task = TaskContext[RpcIntegrityCheckConfig]
Row = dict[str, Any]


class RpcIntegrityCheck:
    def run(self, task: Task) -> None:
        rpc = task.rpc(task.config.rpc_pool)
        require_chain(rpc, rpc.chain_id, task.config.chain_id)
        numbers = sorted(set(_blocks(task)))
        with ThreadPoolExecutor(task.config.providers, thread_name_prefix="ask") as threads:
            for done, number in enumerate(numbers, start=1):
                if task.cancelled:
                    raise Retry("It was asked to stop between two blocks.")
                _put(task, number, _checked(task, rpc, number, threads))
                task.progress(done, len(numbers), f"block {number:,}")
        task.metric("blocks_checked", len(numbers))


def _blocks(task: Task) -> Iterator[int]:
    lag = task.config.lag_blocks
    for arrived in task.arrived:
        event = arrived.event
        if event.range is None and event.cursor is None:
            raise ConfigurationError("The event carries neither a block nor a range; take an input that follows a chain.")
        start, end = (event.range.start, event.range.end) if event.range else (event.cursor or 0, event.cursor or 0)
        yield from range(max(start - lag, 0), max(end - lag + 1, 0))


def _checked(task: Task, rpc: Rpc, number: int, threads: ThreadPoolExecutor) -> list[Row]:
    found = _asked(task, rpc, number, threads)
    if found:
        task.wait(_AGAIN_SECONDS)
        found = _asked(task, rpc, number, threads)
    return found


def _asked(task: Task, rpc: Rpc, number: int, threads: ThreadPoolExecutor) -> list[Row]:
    """The rows of the block, as all answer now."""
    names = list(rpc.providers())[: task.config.providers]
    if len(names) < task.config.quorum:
        raise Retry(
            f"{len(names)} of the providers of the pool {rpc.pool} can be asked now, and a quorum is {task.config.quorum}; "
            "if that stays so, ask platform staff for more of them, or lower `quorum`."
        )
    wanted = task.config.compare
    told: Sequence[dict[Answer, Said]] = list(threads.map(lambda name: ask(rpc, name, number, wanted), names))
    if all(said.lack is Lack.SILENT for one in told for said in one.values()):
        raise Retry(f"No provider of the pool {rpc.pool} tells anything of block {number:,}.")
    return [
        {"chain_id": task.config.chain_id, KEY: number, **row}
        for one in wanted
        for row in rows(one, dict(zip(names, (said[one] for said in told), strict=True)), task.config.quorum)
    ]


def _put(task: Task, number: int, found: Sequence[Row]) -> None:
    for row in found:
        task.log.warning(
            "a provider does not say what the quorum says",
            **{name: row[name] for name in ("provider", "status", "compared", "field")},
            block=number,
        )
    task.metric("findings", len(found))
    if task.keeping(0) is Keeping.BUFFERED:
        task.buffer.write(0, found)
        return
    # What an attempt before this one found of the block, or what was there before a reorg, goes.
    task.table(0).replace(number, found, key=KEY)
    task.emit(Event(0, cursor=number, data={"chain_id": task.config.chain_id, "findings": len(found)}))
