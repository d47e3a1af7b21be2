from __future__ import annotations

from collections.abc import Iterator

from operators.range_splitter.config import RangeSplitterConfig
from operators.sdk.errors import ConfigurationError
from operators.sdk.task import Event, Range, TaskContext

# Each becomes a task; more at once would only fill the queue.
MOST_RANGES = 100_000


class RangeSplitter:
    def run(self, task: TaskContext[RangeSplitterConfig]) -> None:
        if not task.arrived:
            raise ConfigurationError("Nothing arrived to split; give the job an input whose events carry a range.")
        for arrived in task.arrived:
            for part in split(arrived.event.range, task.config.chunk_size):
                task.emit(Event(0, range=part))


def split(whole: Range | None, size: int) -> Iterator[Range]:
    if whole is None:
        raise ConfigurationError("The event carries no range; start the run with a block range, or take another input.")
    if (whole.end - whole.start) // size >= MOST_RANGES:
        raise ConfigurationError(
            f"{whole.key} would be more than {MOST_RANGES} ranges; raise chunk_size, or start with a smaller range."
        )
    for start in range(whole.start, whole.end + 1, size):
        yield Range(start, min(start + size - 1, whole.end))
