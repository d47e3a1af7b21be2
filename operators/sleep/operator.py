from __future__ import annotations

import math
from dataclasses import replace

from operators.sdk.task import TaskContext
from operators.sleep.config import SleepConfig


class Sleep:
    def run(self, task: TaskContext[SleepConfig]) -> None:
        """In steps of a second, so that its progress moves."""
        whole = math.ceil(task.config.seconds)
        for second in range(whole):
            task.wait(min(1.0, task.config.seconds - second))
            if task.cancelled:
                task.log.info("stopped early", after_seconds=second)
                return
            task.progress(second + 1, whole)
        for arrived in task.arrived:
            task.emit(replace(arrived.event, output=0))
