from __future__ import annotations

from operators.sdk.errors import ConfigurationError
from operators.sdk.task import Event, TaskContext
from operators.trigger_cron.config import TriggerCronConfig


class TriggerCron:
    def run(self, task: TaskContext[TriggerCronConfig]) -> None:
        if task.fired is None:
            raise ConfigurationError("No tick started this task; give the job a source of kind cron.")
        task.emit(Event(0, data={**task.config.data, "scheduled_at": task.fired.at.isoformat()}))
