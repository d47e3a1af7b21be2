from __future__ import annotations

from typing import ClassVar

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.console.preview.previewing import preview_of
from apps.console.preview.shown import MOST_ROWS, Preview, ShownColumn
from apps.datasets.selectors import find_readable
from apps.orgs import policy
from apps.orgs.domain import Level
from apps.orgs.guarded_api import HeaderOrgAPI, principal_of
from apps.orgs.policy import Action
from apps.pii.domain import Outcome
from apps.platform.errors import BadInput


class PreviewColumnSerializer(serializers.Serializer[object]):
    name = serializers.CharField()
    type = serializers.CharField(help_text="As its DAG declares it, else as its file has it.")
    outcome = serializers.ChoiceField(
        [word.value for word in Outcome], help_text="What of it you see: personal data is closed without a grant."
    )
    because = serializers.CharField(allow_blank=True)


class PreviewSerializer(serializers.Serializer[object]):
    of = serializers.CharField(allow_blank=True, help_text="Which rows these are.")
    columns = PreviewColumnSerializer(many=True)
    more_columns = serializers.IntegerField(help_text="How many there are beyond the first 100.")
    rows = serializers.ListField(
        child=serializers.ListField(child=serializers.CharField(allow_null=True)),
        help_text="Every value as text, in the order of the columns: numbers exact, binary as `0x…`; null where there is none.",
    )
    is_cut = serializers.BooleanField(
        help_text="A value is longer than the 1,000 characters that are shown of it, and ends in `…`."
    )
    why_no_rows = serializers.CharField(allow_blank=True)


class PreviewView(HeaderOrgAPI):
    actions: ClassVar = {"GET": Action.DATASETS_VIEW}

    @extend_schema(
        operation_id="preview_dataset", responses=PreviewSerializer,
        parameters=[OpenApiParameter("limit", int, description=f"Rows: {MOST_ROWS}, and at most as many.")],
        description="Its newest rows, at most 100. Who sees personal data in the clear is written to the audit log.",
    )  # fmt: skip
    def get(self, request: Request, dataset_name: str) -> Response:
        who, now = principal_of(request), timezone.now()
        dataset = find_readable(self.org, dataset_name, now=now)
        policy.require_reach(who, Level.VIEW, dataset, now=now)
        return Response(_told(preview_of(dataset, who, by=self.by, now=now, limit=_limit(request))))


def _limit(request: Request) -> int:
    raw = request.query_params.get("limit", str(MOST_ROWS))
    if not (raw.isascii() and raw.isdigit() and len(raw) <= 3 and 1 <= int(raw) <= MOST_ROWS):
        raise BadInput(f"`limit` is a whole number from 1 to {MOST_ROWS}.", code="bad_limit")
    return int(raw)


def _told(preview: Preview) -> dict[str, object]:
    return {
        "of": preview.source, "columns": [_told_column(one) for one in preview.columns], "more_columns": preview.more_columns,
        "rows": preview.rows, "is_cut": preview.is_cut, "why_no_rows": preview.why_none,
    }  # fmt: skip


def _told_column(one: ShownColumn) -> dict[str, object]:
    return {"name": one.name, "type": one.type, "outcome": one.outcome, "because": one.because}
