"""What the API views of tasks share: what the caller sees, one task, the filters of a list."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request

from apps.dispatch.domain import Cause
from apps.dispatch.models import LiveJob, Task
from apps.orgs.domain import Level
from apps.orgs.guarded_api import HeaderOrgAPI, principal_of
from apps.runs import selectors
from apps.runs.domain import STATES
from apps.runs.selectors import Asker, Seen

_WORDS: Mapping[str, str] = {
    "dag": "Name of a DAG.", "job": "Name of a job.",
    "status": "A status; `retrying` is failed with a retry to come, `dead` without; `waiting` comes back when it is time, and nothing went wrong.", "cause": "What the task was made by.",
    "version": "Number of a version of the DAG that `dag` names.", "root": "The id of the task that a run began with.",
    "since": "A day, or an instant with its zone.", "until": "A day, which is meant whole, or an instant with its zone.",
    "block": "A block or a range of them, 17 or 17-20: tasks over any of these.",
}  # fmt: skip
_CHOICES: Mapping[str, list[str]] = {"status": list(STATES), "cause": [one.value for one in Cause]}
FILTER_PARAMETERS = [OpenApiParameter(name, str, description=words, enum=_CHOICES.get(name)) for name, words in _WORDS.items()]


class FilterSerializer(serializers.Serializer[object]):
    dag = serializers.CharField(required=False, help_text=_WORDS["dag"])
    job = serializers.CharField(required=False, help_text=_WORDS["job"])
    status = serializers.ChoiceField(STATES, required=False, help_text=_WORDS["status"])
    cause = serializers.ChoiceField(_CHOICES["cause"], required=False, help_text=_WORDS["cause"])
    version = serializers.IntegerField(required=False, help_text=_WORDS["version"])
    root = serializers.UUIDField(required=False, help_text=_WORDS["root"])  # type: ignore[assignment]  # so it is called in the answer
    since = serializers.CharField(required=False, help_text=_WORDS["since"])
    until = serializers.CharField(required=False, help_text=_WORDS["until"])
    block = serializers.CharField(required=False, help_text=_WORDS["block"])


class TaskAPI(HeaderOrgAPI):
    @property
    def now(self) -> datetime:
        return timezone.now()

    def seen(self, request: Request, level: Level = Level.VIEW) -> Seen:
        return selectors.jobs_seen(self.org, principal_of(request), now=self.now, level=level)

    def asker(self, request: Request, seen: Seen) -> Asker:
        return Asker(self.org, principal_of(request), seen, self.now)

    def task(self, request: Request, task_id: UUID, level: Level = Level.VIEW) -> tuple[Task, LiveJob]:
        return selectors.get_task(self.org, task_id, who=principal_of(request), level=level, now=self.now)
