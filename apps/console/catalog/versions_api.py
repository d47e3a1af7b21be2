from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.console.catalog.purging import output_of, version_of
from apps.console.catalog.reached_api import ReachedAPI
from apps.console.catalog.version_diff import MOST_KEYS, Keys, compared
from apps.datasets.models import Partition, Version
from apps.orgs.guarded_api import PAGING, flag_named, id_if_named, page_of
from apps.orgs.policy import Action


class DatasetVersionSerializer(serializers.Serializer[object]):
    id = serializers.UUIDField()
    is_current = serializers.BooleanField(help_text="Whether readers get it.")
    definition_hash = serializers.CharField()
    created_at = serializers.DateTimeField()
    committed_at = serializers.DateTimeField(allow_null=True, help_text="The newest commit.")
    purged_at = serializers.DateTimeField(allow_null=True)
    partitions = serializers.IntegerField()
    rows = serializers.IntegerField()
    size_bytes = serializers.IntegerField()


class DatasetVersionPageSerializer(serializers.Serializer[object]):
    results = DatasetVersionSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class PieceSerializer(serializers.Serializer[object]):
    id = serializers.UUIDField()
    version = serializers.UUIDField()
    partition = serializers.CharField()
    number = serializers.IntegerField(help_text="How often it had been made, counting this one.")
    rows = serializers.IntegerField()
    size_bytes = serializers.IntegerField()
    files = serializers.IntegerField()
    task = serializers.UUIDField()
    committed_at = serializers.DateTimeField()
    superseded_at = serializers.DateTimeField(allow_null=True)


class PiecePageSerializer(serializers.Serializer[object]):
    results = PieceSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class ColumnChangeSerializer(serializers.Serializer[object]):
    state = serializers.ChoiceField(["added", "removed", "changed"])
    name = serializers.CharField()
    before = serializers.CharField()
    after = serializers.CharField()


class KeysSerializer(serializers.Serializer[object]):
    count = serializers.IntegerField()
    first = serializers.ListField(child=serializers.CharField(), help_text=f"At most {MOST_KEYS}.")


class PieceDiffSerializer(serializers.Serializer[object]):
    added = KeysSerializer()
    removed = KeysSerializer()
    changed = KeysSerializer(help_text="By the hashes of their files.")
    same = KeysSerializer()


class VersionDiffSerializer(serializers.Serializer[object]):
    before = DatasetVersionSerializer()
    after = DatasetVersionSerializer()
    same_definition = serializers.BooleanField(help_text="Whether the job itself is the same: then what it reads differs.")
    columns = ColumnChangeSerializer(many=True)
    partitions = PieceDiffSerializer()


class VersionsView(ReachedAPI):
    actions: ClassVar = {"GET": Action.DATASETS_VIEW}

    @extend_schema(
        operation_id="list_dataset_versions", responses=DatasetVersionPageSerializer, parameters=PAGING,
        description="What it was made as, by each definition of its job and of all that it is made of; by id.",
    )  # fmt: skip
    def get(self, request: Request, dataset_name: str) -> Response:
        output = output_of(self.reached(request, dataset_name))
        found, more = page_of(output.versions.all(), request)
        return Response({"results": [_told(row, output.current_id) for row in found], "next": more})


class CompareView(ReachedAPI):
    actions: ClassVar = {"GET": Action.DATASETS_VIEW}

    @extend_schema(
        operation_id="compare_dataset_versions",
        responses=VersionDiffSerializer,
        description="What the second has and the first has not.",
    )
    def get(self, request: Request, dataset_name: str, version_id: UUID, other_id: UUID) -> Response:
        output = output_of(self.reached(request, dataset_name))
        diff = compared(version_of(output, version_id), version_of(output, other_id))
        return Response({
            "before": _told(diff.before, output.current_id), "after": _told(diff.after, output.current_id),
            "same_definition": diff.same_definition, "columns": [vars(column) for column in diff.columns],
            "partitions": {state: _told_keys(keys) for state, keys in diff.partitions.items()},
        })  # fmt: skip


class PartitionsView(ReachedAPI):
    actions: ClassVar = {"GET": Action.DATASETS_VIEW}

    @extend_schema(
        operation_id="list_dataset_partitions", responses=PiecePageSerializer,
        description="What is committed of it, by id, which is by age: as readers get it, or with `history` all that there is.",
        parameters=[
            *PAGING, OpenApiParameter("version", UUID, description="Of another version than the one that readers get."),
            OpenApiParameter("partition", str, description="Only this one, by its key."),
            OpenApiParameter("history", bool, description="With what was superseded."),
        ],
    )  # fmt: skip
    def get(self, request: Request, dataset_name: str) -> Response:
        output, version_id = output_of(self.reached(request, dataset_name)), id_if_named(request, "version")
        rows = Partition.objects.filter(version=version_of(output, version_id) if version_id else output.current)
        if key := request.query_params.get("partition", ""):
            rows = rows.filter(key=key.replace("\0", "")[:200])
        if not flag_named(request, "history"):
            rows = rows.filter(superseded_at=None)
        found, more = page_of(rows, request)
        return Response({"results": [told_piece(row) for row in found], "next": more})


def _told(row: Version, current_id: UUID | None) -> dict[str, Any]:
    names = ("definition_hash", "created_at", "committed_at", "purged_at", "partitions", "rows", "size_bytes")
    return {"id": row.pk, "is_current": row.pk == current_id, **{name: getattr(row, name) for name in names}}


def told_piece(row: Partition) -> dict[str, Any]:
    return {
        "id": row.pk, "version": row.version_id, "partition": row.key, "number": row.number, "rows": row.rows,
        "size_bytes": row.size_bytes, "files": len(row.files), "task": row.task_id, "committed_at": row.committed_at,
        "superseded_at": row.superseded_at,
    }  # fmt: skip


def _told_keys(keys: Keys) -> dict[str, Any]:
    return {"count": keys.count, "first": list(keys.first)}
