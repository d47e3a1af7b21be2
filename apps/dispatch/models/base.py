from __future__ import annotations

from typing import Any, Self
from uuid import UUID

from django.db import models

from apps.dispatch.domain import oldest_of


def words(enum: type) -> list[tuple[str, str]]:
    return [(one.value, one.value) for one in enum]  # type: ignore[attr-defined]


class OfTasks(models.QuerySet[Any]):
    """Of tables whose rows name a task, and are younger than it: months before it are not looked at."""

    def of(self, *task_ids: UUID) -> Self:
        return self.filter(task_id__in=task_ids, pk__gte=oldest_of(task_ids))
