from __future__ import annotations

from operators.sdk.errors import ConfigurationError, Retry
from operators.sdk.task import Event, TaskContext
from operators.sdk.words import Keeping
from operators.validator_stats.beacon import Beacon
from operators.validator_stats.config import ValidatorStatsConfig
from operators.validator_stats.epochs import rows_of

# An attestation may still be taken in the epoch after its own, so that has to be final as well: before the finalised checkpoint lie both.
_SETTLED_BELOW = 2
Task = TaskContext[ValidatorStatsConfig]


class ValidatorStats:
    def run(self, task: Task) -> None:
        config = task.config
        beacon = Beacon(task.rpc(config.beacon_pool), chain_id=config.chain_id)
        settled = beacon.finalized_epoch() - _SETTLED_BELOW
        first = _first(task, settled)
        last = min(settled, first + config.epochs_per_run - 1, settled if config.end_epoch is None else config.end_epoch)
        for epoch in range(first, last + 1):
            if task.cancelled:
                raise Retry("It was asked to stop between two epochs.")
            _put(task, epoch, beacon)
            task.state.set(str(epoch + 1))
            task.progress(epoch - first + 1, last - first + 1, f"epoch {epoch:,}")
        task.metric("epochs", max(last - first + 1, 0))
        task.metric("epochs_behind", max(settled - max(last, first - 1), 0))


def _first(task: Task, settled: int) -> int:
    before, start = task.state.get(), task.config.start_epoch
    if before is not None:
        return int(before)
    return max(settled, 0) if start == "latest" else start


def _put(task: Task, epoch: int, beacon: Beacon) -> None:
    rows, kept = rows_of(beacon, epoch, task.config), task.keeping(0)
    if unknown := set(task.config.validators) - {row["validator_index"] for row in rows}:
        task.log.warning("the chain does not know some of the validators", epoch=epoch, unknown=len(unknown), first=min(unknown))
    if kept is Keeping.BUFFERED:
        task.buffer.write(0, rows)
        return
    if kept is not Keeping.DIRECT:
        raise ConfigurationError("Output 0 is written to a table; publish it with `storage: postgres`.")
    task.table(0).replace(epoch, rows, key="epoch")
    task.emit(Event(0, cursor=epoch, data={"chain_id": task.config.chain_id}))
