from __future__ import annotations

from operators.sdk.errors import ConfigurationError
from operators.sdk.task import Event, TaskContext
from operators.trigger_manual.config import TriggerManualConfig


class TriggerManual:
    def run(self, task: TaskContext[TriggerManualConfig]) -> None:
        if task.fired is None:
            raise ConfigurationError("Nobody started this task; give the job a source of kind manual.")
        task.emit(Event(0, range=task.fired.range, data={"requested_at": task.fired.at.isoformat()}))
