from __future__ import annotations

from operators.range_aggregator.config import RangeAggregatorConfig
from operators.range_aggregator.coverage import Coverage
from operators.sdk.errors import ConfigurationError
from operators.sdk.task import Event, TaskContext


class RangeAggregator:
    def run(self, task: TaskContext[RangeAggregatorConfig]) -> None:
        before = now = Coverage.read(task.state.get())
        for arrived in task.arrived:
            # What does not hold any more was there already, and is told of again once it is there anew; to a reset all blocks are invalid.
            if arrived.invalidation is None:
                now = _with(now, arrived.event, start=task.config.start_block)
        for whole in now.whole_ranges_since(before, task.config.range_size):
            task.emit(Event(0, range=whole))
        # Last: were it lost with the ranges already noted, nobody would emit them again.
        task.state.set(now.written())


def _with(coverage: Coverage, event: Event, *, start: int | None) -> Coverage:
    if event.range is not None:
        return coverage.with_range(event.range)
    if event.cursor is not None:
        return coverage.with_cursor(event.cursor, start=start)
    raise ConfigurationError("The event carries neither a cursor nor a range; take an input that follows a chain.")
