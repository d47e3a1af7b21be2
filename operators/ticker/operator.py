from __future__ import annotations

from operators.sdk.task import Event, TaskContext
from operators.ticker.config import TickerConfig


class Ticker:
    def run(self, task: TaskContext[TickerConfig]) -> None:
        last = task.state.get()
        cursor = task.config.start if last is None else int(last) + 1
        while not task.cancelled:
            task.emit(Event(0, cursor=cursor))
            # As text: a cursor may pass what a double holds.
            task.state.set(str(cursor))
            task.flush()
            cursor += 1
            task.wait(task.config.interval_seconds)
