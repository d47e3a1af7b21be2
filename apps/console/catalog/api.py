from __future__ import annotations

from typing import ClassVar

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.console.catalog import one, shapes
from apps.console.catalog.asked import NO, YES, Origin, read_asked
from apps.console.catalog.lineage import lineage_of
from apps.console.catalog.rows import rows_of
from apps.console.catalog.searching import Finding
from apps.console.catalog.telling import told_row, told_whole
from apps.datasets.domain import Storage
from apps.datasets.selectors import find_readable
from apps.orgs.domain import Visibility
from apps.orgs.guarded_api import PAGING, HeaderOrgAPI, merged_page_of, principal_of
from apps.orgs.policy import Action

_FILTERS = [
    OpenApiParameter("search", str, description="Part of a name, a description or a column's name."),
    OpenApiParameter(
        "of", str, enum=[one.value for one in Origin], description="Your org's own, the platform's, or shared with your org."
    ),
    OpenApiParameter("storage", str, enum=[one.value for one in Storage]),
    OpenApiParameter("dag", str, description="Name of a DAG whose active version publishes it."),
    OpenApiParameter("tag", str),
    OpenApiParameter("owner", str, description="The email of who owns it: who deployed the DAG that first published it."),
    OpenApiParameter("pii", str, enum=[YES, NO], description="Whether a column of it is classified as personal data."),
    OpenApiParameter("requests", str, enum=[YES], description="Those that somebody asks to read, and you may grant it."),
    OpenApiParameter("late", str, enum=[YES], description="Those that should have changed by now; looked at every 15 s."),
    OpenApiParameter("visibility", str, enum=[one.value for one in Visibility]),
]


class DatasetsView(HeaderOrgAPI):
    actions: ClassVar = {"GET": Action.DATASETS_VIEW}

    @extend_schema(
        operation_id="list_datasets", responses=shapes.DatasetPageSerializer, parameters=[*PAGING, *_FILTERS],
        description="The catalog of an org, by id, with what the platform and other orgs let it read. Of datasets that are not open to you the name and the owner, and only by their name.",
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        asked = read_asked(request.query_params)
        now = timezone.now()
        finding = Finding(self.org, principal_of(request), asked, now=now)
        found, more = merged_page_of(finding.sources, request)
        rows = rows_of(self.org, found, finding.dags, now=now, search=asked.search)
        return Response({"results": [told_row(row) for row in rows], "next": more})


class DatasetView(HeaderOrgAPI):
    actions: ClassVar = {"GET": Action.DATASETS_VIEW}

    @extend_schema(
        operation_id="get_dataset", responses=shapes.WholeDatasetSerializer,
        description="One dataset, of another org as `org.name`: its columns, what makes it and which active jobs read it. One that is not open to you: its name and owner.",
    )  # fmt: skip
    def get(self, request: Request, dataset_name: str) -> Response:
        who, now = principal_of(request), timezone.now()
        dataset = find_readable(self.org, dataset_name, now=now)
        dataset.is_seen = bool(one.access_of(dataset, who, now=now))  # type: ignore[attr-defined]  # as a line of the catalog is
        dags = one.dags_seen(dataset.org, who, now=now)
        (row,) = rows_of(self.org, [dataset], dags, now=now)
        if not row.is_seen:
            return Response(told_row(row))
        return Response(told_whole(row, one.schema_of(dataset), lineage_of(dataset.org, dataset, dags)))
