from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.console.catalog import one
from apps.console.catalog.invalidating import subject_of
from apps.console.catalog.purging import output_of, unwanted_of
from apps.dags.models import Dag
from apps.datasets.models import Purge
from apps.orgs.guarded_api import HeaderOrgAPI
from apps.orgs.policy import Action
from apps.runs import selectors as runs
from apps.runs import services
from apps.runs.selectors import PurgePreview, ShownPurge


class PurgeSerializer(serializers.Serializer[object]):
    version = serializers.UUIDField(required=False, allow_null=True, help_text="A version of the dataset; without it, all.")
    superseded = serializers.BooleanField(
        default=False, help_text="Only what was made again since; without it the version goes whole."
    )
    older_than_days = serializers.IntegerField(default=0, help_text="Of what was superseded: only longer ago than that.")
    dry_run = serializers.BooleanField(default=False, help_text="Only say what would go.")


class GoingSerializer(serializers.Serializer[object]):
    partitions = serializers.IntegerField()
    held = serializers.IntegerField(help_text="That attempts read now: they go when those have ended.")
    objects = serializers.IntegerField()
    rows = serializers.IntegerField()
    size_bytes = serializers.IntegerField(help_text="What it frees.")
    dag_versions = serializers.ListField(
        child=serializers.IntegerField(), help_text="Versions of the DAG that can be gone back to only by building them again."
    )


class PurgedSerializer(serializers.Serializer[object]):
    id = serializers.UUIDField()
    version = serializers.UUIDField(allow_null=True)
    superseded_before = serializers.DateTimeField(allow_null=True, help_text="null: the whole version.")
    begun_at = serializers.DateTimeField()
    begun_by = serializers.CharField(allow_null=True)
    partitions = serializers.IntegerField(help_text="Gone so far, like the next two.")
    objects = serializers.IntegerField()
    size_bytes = serializers.IntegerField()
    held = serializers.IntegerField(help_text="What attempts still read, at the last look.")
    done_at = serializers.DateTimeField(allow_null=True)
    state = serializers.ChoiceField(
        [one.value for one in runs.PurgeState], help_text="`failed`: it goes on when somebody retries it."
    )
    why = serializers.CharField(help_text="Why it waits, or failed.")
    since = serializers.DateTimeField(allow_null=True, help_text="Since when it waits, or nothing goes.")
    next_try_at = serializers.DateTimeField(allow_null=True, help_text="When it is tried again by itself.")


class PurgeAnswerSerializer(serializers.Serializer[object]):
    purge = PurgedSerializer(allow_null=True, help_text="null after a dry run.")
    going = GoingSerializer()


class PurgeListSerializer(serializers.Serializer[object]):
    results = PurgedSerializer(many=True)


class PurgesView(HeaderOrgAPI):
    actions: ClassVar = {"GET": Action.DATASETS_PURGE, "POST": Action.DATASETS_PURGE}

    @extend_schema(operation_id="list_purges", responses=PurgeListSerializer, description="The newest 20, with their progress.")
    def get(self, request: Request, dataset_name: str) -> Response:
        output = output_of(one.get_dataset(self.org, dataset_name))
        return Response({"results": [_told(row) for row in runs.purges_of(output)]})

    @extend_schema(
        operation_id="purge_dataset", request=PurgeSerializer, responses={202: PurgeAnswerSerializer, 200: PurgeAnswerSerializer},
        description="Delete for good a version that readers do not get, or what was made again since. It goes in the background. "
        "With `dry_run` the answer is 200, says what would go, and nothing changes.",
    )  # fmt: skip
    def post(self, request: Request, dataset_name: str) -> Response:
        body = PurgeSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        given, now = body.validated_data, timezone.now()
        dataset = one.get_dataset(self.org, dataset_name)
        unwanted = unwanted_of(
            dataset, given.get("version"), superseded=given["superseded"], days=given["older_than_days"], now=now
        )
        preview = runs.purge_preview(unwanted)
        if given["dry_run"]:
            runs.check_unwanted(unwanted, Dag.objects.filter(pk=unwanted.output.dag_id).first())
            return Response({"purge": None, "going": _going(preview)})
        begun = services.purge(subject_of(dataset), unwanted, by=self.by, now=now)
        return Response({"purge": _told_one(begun), "going": _going(preview)}, status=202)


class RetryPurgeView(HeaderOrgAPI):
    actions: ClassVar = {"POST": Action.DATASETS_PURGE}

    @extend_schema(
        operation_id="retry_purge", request=None, responses={202: PurgedSerializer},
        description="Have a purge that failed, or that waits for its next try, go on now. 409 `purge_done` for one that is done.",
    )  # fmt: skip
    def post(self, request: Request, dataset_name: str, purge_id: UUID) -> Response:
        dataset = one.get_dataset(self.org, dataset_name)
        again = services.purge_again(subject_of(dataset), output_of(dataset), purge_id, by=self.by)
        return Response(_told_one(again), status=202)


def _going(preview: PurgePreview) -> dict[str, Any]:
    return {**vars(preview.going), "dag_versions": preview.numbers}


def _told_one(row: Purge) -> dict[str, Any]:
    (shown,) = runs.shown_purges([row])
    return _told(shown)


def _told(shown: ShownPurge) -> dict[str, Any]:
    row = shown.purge
    return {
        "id": row.pk, "version": row.version_id, "superseded_before": row.before, "begun_at": row.begun_at,
        "begun_by": row.begun_by.email if row.begun_by else None, "partitions": row.partitions, "objects": row.objects_gone,
        "size_bytes": row.size_bytes, "held": row.held, "done_at": row.done_at, "state": shown.state.value, "why": shown.why,
        "since": shown.since, "next_try_at": shown.next_try_at,
    }  # fmt: skip
