from __future__ import annotations

from collections.abc import Sequence

from operators.demo_totals.config import DemoTotalsConfig
from operators.demo_totals.totals import READ, Totals
from operators.sdk.errors import InputError, Retry
from operators.sdk.inputs import InputPartition
from operators.sdk.task import Range, TaskContext


class DemoTotals:
    def run(self, task: TaskContext[DemoTotalsConfig]) -> None:
        partitions = task.inputs[0].partitions
        if not partitions:
            # Made again, or purged, before this began: whoever did that has told of what is there now.
            task.log.warning("nothing of what arrived is there any more")
            return
        within = _hull(partitions)
        totals = Totals(task.config.bucket)
        for done, partition in enumerate(partitions):
            for batch in partition.batches(READ):
                if task.cancelled:
                    raise Retry("It was asked to stop in the middle of a partition.")
                totals.add(batch)
            task.progress(done + 1, len(partitions), partition.key)
        with task.store.partition(0, range=within, key="first_block") as written:
            written.write(totals.table())
        task.metric("partitions_read", len(partitions))


def _hull(partitions: Sequence[InputPartition]) -> Range:
    """Of one partition its own range; of several, as a Bulk job reads them, the range that holds them all."""
    ranges = [one.range for one in partitions if one.range is not None]
    if len(ranges) < len(partitions):
        raise InputError("It sums up ranges of blocks, and a partition that arrived is none; give it the blocks of demo_blocks.")
    return Range(min(one.start for one in ranges), max(one.end for one in ranges))
