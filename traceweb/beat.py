"""Beat's scheduler, which says at every tick that it still turns."""

from __future__ import annotations

from django_celery_beat.schedulers import DatabaseScheduler

from traceweb.heartbeat import HEARTBEAT


class Scheduler(DatabaseScheduler):  # type: ignore[misc]
    heartbeat = HEARTBEAT

    def tick(self, *args: object, **kwargs: object) -> float:
        self.heartbeat.beat()
        return float(super().tick(*args, **kwargs))
