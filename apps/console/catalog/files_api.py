from __future__ import annotations

from typing import ClassVar

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.console.catalog.files import LINK, MOST_FILES, Part, files_of, refuse_closed
from apps.console.catalog.purging import output_of, version_of
from apps.datasets.models import Dataset, Version
from apps.datasets.selectors import find_readable, names_behind
from apps.orgs import policy
from apps.orgs.domain import Level
from apps.orgs.guarded_api import HeaderOrgAPI, id_if_named, principal_of
from apps.orgs.policy import Action
from apps.pii import policy as pii
from apps.pii import services as personal
from apps.platform.errors import BadInput, Conflict
from apps.runs.domain import checked_blocks


class FileSerializer(serializers.Serializer[object]):
    name = serializers.CharField()
    size_bytes = serializers.IntegerField()
    sha256 = serializers.CharField()
    rows = serializers.IntegerField()
    url = serializers.URLField(help_text="Opens it without any other key, until `links_until`.")


class PieceFilesSerializer(serializers.Serializer[object]):
    partition = serializers.CharField()
    number = serializers.IntegerField(help_text="How often it had been made, counting this one.")
    rows = serializers.IntegerField()
    committed_at = serializers.DateTimeField()
    files = FileSerializer(many=True)


class DatasetFilesSerializer(serializers.Serializer[object]):
    version = serializers.UUIDField()
    links_until = serializers.DateTimeField()
    partitions = PieceFilesSerializer(many=True)


class FilesView(HeaderOrgAPI):
    actions: ClassVar = {"GET": Action.DATASETS_VIEW}

    @extend_schema(
        operation_id="list_dataset_files", responses=DatasetFilesSerializer,
        description="Parquet files to be read by any program: what is current, whole, at one moment. Files stay as they are while "
        f"others take their place, so what is listed stays one content. At most {MOST_FILES:,} files at once; links last "
        f"{LINK.seconds // 60} minutes. Refused where a column is closed to you: a file shows all of them.",
        parameters=[
            OpenApiParameter("start", int, description="The first block; with `end`."),
            OpenApiParameter("end", int, description="The last block, which belongs to the range."),
            OpenApiParameter("partition", str, description="Only this one, by its key."),
            OpenApiParameter("version", str, description="Of another version than the one that readers get."),
        ],
    )  # fmt: skip
    def get(self, request: Request, dataset_name: str) -> Response:
        who, now = principal_of(request), timezone.now()
        dataset = find_readable(self.org, dataset_name, now=now)
        policy.require_reach(who, Level.VIEW, dataset, now=now)
        version = _version(dataset, request)
        columns = [column["name"] for column in version.schema]
        sight = pii.sight_of(dataset.org, names_behind(dataset), columns, who=who, now=now)
        refuse_closed(sight.closed)
        told = files_of(version, Part(_blocks(request), request.query_params.get("partition", "").replace("\0", "")[:200]))
        for name, grants in sight.grants.items() if told else ():
            personal.tell_seen(dataset.org, name, grants, by=self.by)
        return Response({"version": version.pk, "links_until": now + LINK, "partitions": told})


def _version(dataset: Dataset, request: Request) -> Version:
    output, version_id = output_of(dataset), id_if_named(request, "version")
    if version_id:
        return version_of(output, version_id)
    if output.current is None:
        raise Conflict(f"Nothing of `{dataset.name}` is committed yet.", code="nothing_committed")
    return output.current


def _blocks(request: Request) -> tuple[int, int] | None:
    given = [request.query_params.get(name, "") for name in ("start", "end")]
    if not any(given):
        return None
    if not all(one.isascii() and one.isdigit() and len(one) <= 19 for one in given):
        raise BadInput("`start` and `end` are the first and the last block, both whole numbers.", code="bad_range")
    return checked_blocks(int(given[0]), int(given[1]))
