from __future__ import annotations

from dataclasses import replace

from operators.fail.config import FailConfig
from operators.sdk.errors import InputError, Retry
from operators.sdk.task import TaskContext


class Fail:
    def run(self, task: TaskContext[FailConfig]) -> None:
        if task.attempt <= task.config.times:
            raise (Retry if task.config.retryable else InputError)(task.config.message)
        for arrived in task.arrived:
            task.emit(replace(arrived.event, output=0))
