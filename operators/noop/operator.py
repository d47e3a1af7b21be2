from __future__ import annotations

from dataclasses import replace

from operators.noop.config import NoopConfig
from operators.sdk.task import TaskContext


class Noop:
    def run(self, task: TaskContext[NoopConfig]) -> None:
        for arrived in task.arrived:
            task.emit(replace(arrived.event, output=0))
