from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.console.catalog.invalidating import outputs_behind, subject_of, what_of
from apps.console.catalog.reached_api import ReachedAPI
from apps.dispatch.domain import InvalidScope
from apps.orgs.domain import Level
from apps.orgs.guarded_api import PAGING, flag_named, page_of, principal_of
from apps.orgs.policy import Action
from apps.runs import selectors as runs
from apps.runs import services
from apps.runs.selectors import Affected, Redone, Seen, Shown
from operators.sdk.words import Reason


class BlocksSerializer(serializers.Serializer[object]):
    start = serializers.IntegerField(help_text="The first block.")
    end = serializers.IntegerField(help_text="The last block, which belongs to the range.")


class RedoneSerializer(serializers.Serializer[object]):
    dag = serializers.CharField(allow_null=True, help_text="null: a DAG that you do not see.")
    job = serializers.CharField(allow_null=True)
    tasks = serializers.IntegerField(help_text="0: nothing of it is concerned.")
    done = serializers.IntegerField()
    failed = serializers.IntegerField(help_text="Nobody tries them again: retry or re-run them.")


class InvalidationSerializer(serializers.Serializer[object]):
    id = serializers.UUIDField()
    scope = serializers.ChoiceField([one.value for one in InvalidScope])
    range = BlocksSerializer(allow_null=True)
    partition = serializers.CharField(allow_null=True)
    reason = serializers.ChoiceField([one.value for one in Reason])
    said_by = serializers.CharField(allow_null=True, help_text="A person.")
    task = serializers.UUIDField(allow_null=True, help_text="The task that said it, of a DAG that you see.")
    created_at = serializers.DateTimeField()
    done_at = serializers.DateTimeField(allow_null=True)
    redone_by = RedoneSerializer(many=True)


class InvalidationPageSerializer(serializers.Serializer[object]):
    results = InvalidationSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class InvalidateSerializer(serializers.Serializer[object]):
    range = BlocksSerializer(required=False, allow_null=True)
    partition = serializers.CharField(required=False, allow_blank=True)
    reason = serializers.ChoiceField(
        [Reason.MANUAL.value, Reason.CORRECTION.value],
        default=Reason.MANUAL.value,
        help_text="correction: what it says was wrong.",
    )
    dry_run = serializers.BooleanField(default=False, help_text="Only say what would be done again.")


class AffectedSerializer(serializers.Serializer[object]):
    dag = serializers.CharField(allow_null=True, help_text="null: a DAG that you do not see.")
    job = serializers.CharField(allow_null=True)
    tasks = serializers.IntegerField()


class InvalidatedSerializer(serializers.Serializer[object]):
    invalidations = serializers.ListField(child=serializers.UUIDField(), help_text="Empty after a dry run.")
    jobs = AffectedSerializer(many=True, help_text="Those that read it. Of those that replace their rows the jobs below follow.")


class InvalidationsView(ReachedAPI):
    actions: ClassVar = {"GET": Action.DATASETS_VIEW, "POST": Action.DATASETS_CHANGE}

    @extend_schema(
        operation_id="list_dataset_invalidations", responses=InvalidationPageSerializer,
        description="What of it did not hold any more, the newest first, and who has done it again.",
        parameters=[*PAGING, OpenApiParameter("open", bool, description="Only those that are not done.")],
    )  # fmt: skip
    def get(self, request: Request, dataset_name: str) -> Response:
        dataset = self.reached(request, dataset_name, Level.VIEW)
        matching = runs.invalidations_of(outputs_behind(dataset), only_open=flag_named(request, "open"))
        found, more = page_of(matching, request, descending=True)
        seen = self._seen(request)
        return Response({"results": [told(row) for row in runs.shown(found, seen)], "next": more})

    @extend_schema(
        operation_id="invalidate_dataset", request=InvalidateSerializer,
        responses={202: InvalidatedSerializer, 200: InvalidatedSerializer},
        description="A range of blocks or a partition of it does not hold any more: jobs that read it do it again. "
        "With `dry_run` the answer is 200, says which jobs and how many tasks, and nothing changes.",
    )  # fmt: skip
    def post(self, request: Request, dataset_name: str) -> Response:
        body = InvalidateSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        dataset, given = self.reached(request, dataset_name, Level.CHANGE), body.validated_data
        what, seen = what_of(given.get("range"), given.get("partition", "")), self._seen(request)
        outputs = outputs_behind(dataset)
        if given["dry_run"]:
            return Response({"invalidations": [], "jobs": told_jobs(runs.affected_by(outputs, what), seen)})
        made, affected = services.invalidate(subject_of(dataset), outputs, what, by=self.by, reason=Reason(given["reason"]))
        return Response({"invalidations": made, "jobs": told_jobs(affected, seen)}, status=202)

    def _seen(self, request: Request) -> Seen:
        return runs.jobs_seen(self.org, principal_of(request), now=timezone.now())


def told_jobs(affected: Sequence[Affected], seen: Seen) -> list[dict[str, Any]]:
    return [
        {"dag": job.dag if job else None, "job": job.name if job else None, "tasks": row.tasks}
        for row in affected for job in [seen.jobs.get(row.job.pk)]
    ]  # fmt: skip


def told(row: Shown) -> dict[str, Any]:
    one = row.invalidation
    blocks = None if one.range_start is None else {"start": one.range_start, "end": one.range_end}
    return {
        "id": one.pk, "scope": one.scope, "range": blocks, "partition": one.partition_key or None, "reason": one.reason,
        "said_by": row.said_by or None, "task": one.task_id if row.job else None, "created_at": one.created_at,
        "done_at": one.done_at, "redone_by": [_told_redone(consumer) for consumer in row.consumers],
    }  # fmt: skip


def _told_redone(row: Redone) -> dict[str, Any]:
    job = row.job
    return {
        "dag": job.dag if job else None, "job": job.name if job else None, "tasks": row.tasks, "done": row.done, "failed": row.failed,
    }  # fmt: skip
