from __future__ import annotations

from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.console.catalog.lineage_graph import ShownGraph, ShownNode, shown_graph
from apps.console.catalog.provenance import Below, Teller, told_made, version_shown
from apps.console.catalog.reached_api import ReachedAPI
from apps.lineage.selectors import DEEPEST, MOST, MOST_MADE, Asked, Direction, made_of
from apps.orgs.guarded_api import PAGING, page_of, principal_of
from apps.orgs.policy import Action
from apps.platform.errors import BadInput


class LineageNodeSerializer(serializers.Serializer[object]):
    dataset = serializers.CharField(allow_null=True)
    dag = serializers.CharField(allow_null=True, help_text="Of a job.")
    job = serializers.CharField(allow_null=True)
    operator = serializers.CharField(allow_null=True)
    hops = serializers.IntegerField(help_text="How many jobs away; below zero: upstream.")
    columns = serializers.ListField(
        child=serializers.CharField(),
        allow_null=True,
        help_text="On the way of `column`; `*` is every one. Of a job those of what it makes and does not publish. null: it does not come by here.",
    )
    untraced = serializers.CharField(allow_null=True, help_text="Why nobody can say what its columns are made of.")


class LineageArrowSerializer(serializers.Serializer[object]):
    read = serializers.CharField(help_text="A dataset, or `dag / job`.")
    by = serializers.CharField(help_text="Who reads it; or what the job makes.")


class LineageHiddenSerializer(serializers.Serializer[object]):
    datasets = serializers.IntegerField()
    jobs = serializers.IntegerField()


class LineageSerializer(serializers.Serializer[object]):
    nodes = LineageNodeSerializer(many=True)
    arrows = LineageArrowSerializer(many=True)
    hidden = LineageHiddenSerializer(help_text="What you may not see.")
    is_cut = serializers.BooleanField(help_text="There is more than one answer holds.")
    has_more = serializers.BooleanField(help_text="Further hops lead on.")


class MadeFromSerializer(serializers.Serializer[object]):
    input = serializers.IntegerField()
    read_as = serializers.CharField(help_text="`pinned`: as it was found at the claim; `arrived`, `invalidated`: as it was told.")
    dataset = serializers.CharField(allow_null=True)
    job = serializers.CharField(allow_null=True, help_text="`dag / job`. Neither this nor a dataset: one that you do not see.")
    version = serializers.UUIDField(allow_null=True)
    scope = serializers.CharField(allow_null=True, help_text="A partition, a range or a block.")
    number = serializers.IntegerField(help_text="How often that had been made.")
    pieces = serializers.IntegerField()
    rows = serializers.IntegerField(allow_null=True)
    size_bytes = serializers.IntegerField(allow_null=True)


class MadeSerializer(serializers.Serializer[object]):
    id = serializers.UUIDField()
    dataset = serializers.CharField(allow_null=True, help_text="null: one that has no name, or that you do not see.")
    hops = serializers.IntegerField(help_text="How many jobs away; 0 is of the dataset itself.")
    version = serializers.UUIDField()
    scope = serializers.CharField(
        allow_null=True, help_text="A partition, a range, or blocks that were made one after the other."
    )
    number = serializers.IntegerField(help_text="How often it had been made, counting this.")
    is_current = serializers.BooleanField(
        allow_null=True, help_text="It is what readers get: the newest, or an older one that was restored. null: no partition."
    )
    times = serializers.IntegerField(help_text="How many reports this is, of blocks that follow each other.")
    task = serializers.UUIDField(allow_null=True, help_text="null: of a DAG that you do not see.")
    attempt = serializers.IntegerField()
    dag = serializers.CharField(allow_null=True)
    job = serializers.CharField(allow_null=True)
    dag_version = serializers.IntegerField(allow_null=True)
    operator = serializers.CharField(allow_null=True)
    operator_version = serializers.CharField(allow_null=True)
    cause = serializers.CharField()
    root_cause = serializers.CharField(allow_null=True, help_text="Why the first task was there, of all that led to it.")
    root_task = serializers.UUIDField(allow_null=True)
    triggered_by = serializers.CharField(allow_null=True)
    started_at = serializers.DateTimeField(allow_null=True)
    made_at = serializers.DateTimeField()
    seconds = serializers.FloatField(allow_null=True)
    rows = serializers.IntegerField(allow_null=True)
    size_bytes = serializers.IntegerField(allow_null=True)
    schema_hash = serializers.CharField(allow_null=True)
    metrics = serializers.DictField(allow_null=True)
    inputs = MadeFromSerializer(many=True)


class MadePageSerializer(serializers.Serializer[object]):
    results = MadeSerializer(many=True)
    next = serializers.CharField(allow_null=True)
    hidden = serializers.IntegerField(help_text="Of `down`: how many more there are, of DAGs and datasets that you do not see.")
    is_cut = serializers.BooleanField(help_text=f"Of `down`: there are more than the nearest {MOST_MADE:,}.")


class StaleSerializer(serializers.Serializer[object]):
    partition = serializers.CharField()
    why = serializers.ChoiceField(["remade", "invalidated"])
    reason = serializers.CharField(allow_null=True, help_text="Of the invalidation.")
    made_of = serializers.CharField(allow_null=True, help_text="A dataset or `dag / job`; null: one that you do not see.")
    made_of_scope = serializers.CharField(allow_null=True)
    since = serializers.DateTimeField()


class MissingSerializer(serializers.Serializer[object]):
    partition = serializers.CharField()
    task = serializers.UUIDField()
    status = serializers.CharField()
    message = serializers.CharField()
    since = serializers.DateTimeField()


class HoldingSerializer(serializers.Serializer[object]):
    stale = StaleSerializer(many=True, help_text=f"At most {MOST}.")
    missing = MissingSerializer(
        many=True, help_text=f"Partitions that there is a task for and that are not there; at most {MOST}."
    )
    has_more = serializers.BooleanField()


class _OfDataset(ReachedAPI):
    actions: ClassVar = {"GET": Action.DATASETS_VIEW}

    def teller(self, request: Request) -> Teller:
        return Teller(self.org, principal_of(request), now=timezone.now())


class LineageView(_OfDataset):
    @extend_schema(
        operation_id="get_dataset_lineage", responses=LineageSerializer,
        description="What a dataset is made of and what is made of it, over DAGs, by active versions. With `column` the way of that column: "
        "downwards it is what would be affected if it changed.",
        parameters=[
            OpenApiParameter("direction", str, enum=[each.value for each in Direction], description="`both` without a word."),
            OpenApiParameter("depth", int, description=f"How many jobs far: 1, at most {DEEPEST}."),
            OpenApiParameter("column", str),
        ],
    )  # fmt: skip
    def get(self, request: Request, dataset_name: str) -> Response:
        dataset = self.reached(request, dataset_name)
        asked = asked_by(request.query_params)
        return Response(told_graph(shown_graph(self.org, dataset, asked, principal_of(request), now=timezone.now())))


class ProvenanceView(_OfDataset):
    @extend_schema(
        operation_id="get_dataset_provenance", responses=MadePageSerializer,
        description="What made it, the newest first: which task of which version, from which inputs, and who had it made. "
        "With `direction=down` what was made of it, and of that, as far as it goes: by what has truly run in your org, and not by which jobs "
        "say that they read it. Kept longer than tasks are.",
        parameters=[
            *PAGING,
            OpenApiParameter("partition", str, description="Its key; the number of a block; or a range of them, as `0-9999`."),
            OpenApiParameter("version", str, description="Id of a version; without it, what readers get."),
            OpenApiParameter("direction", str, enum=[Direction.UP.value, Direction.DOWN.value], description="`up` without a word."),
        ],
    )  # fmt: skip
    def get(self, request: Request, dataset_name: str) -> Response:
        version = version_shown(self.reached(request, dataset_name), request.query_params.get("version", ""))
        at, down = _part(request), _is_down(request)
        if version is None:
            return Response({"results": [], "next": None, "hidden": 0, "is_cut": False})
        teller = self.teller(request)
        below = teller.below(version, at=at) if down else Below(made_of(version.pk, at=at))
        found, more = page_of(below.rows, request, descending=True)
        results = [told_made(row) for row in teller.rows(found, below.hops)]
        return Response({"results": results, "next": more, "hidden": below.hidden, "is_cut": below.is_cut})


def _part(request: Request) -> str:
    return str(request.query_params.get("partition", "")).replace("\0", "")


def _is_down(request: Request) -> bool:
    direction = request.query_params.get("direction", Direction.UP)
    if direction not in {Direction.UP, Direction.DOWN}:
        raise BadInput("`direction` is up or down.", code="unknown_direction")
    return bool(direction == Direction.DOWN)


class HoldingView(_OfDataset):
    @extend_schema(
        operation_id="get_dataset_stale", responses=HoldingSerializer,
        description="Partitions that readers get and that were made before something that they are made of was made again, or that does not hold "
        "any more; and partitions that are not there. Looked at are the 10,000 that are highest.",
    )  # fmt: skip
    def get(self, request: Request, dataset_name: str) -> Response:
        version = version_shown(self.reached(request, dataset_name))
        if version is None:
            return Response({"stale": [], "missing": [], "has_more": False})
        found = self.teller(request).holding(version)
        return Response({
            "stale": [
                {
                    "partition": each.key, "why": each.why, "reason": each.reason, "made_of": name or None,
                    "made_of_scope": each.source_key if name else None, "since": each.at,
                }
                for each, name in found.stale[:MOST]
            ],
            "missing": [
                {"partition": each.key, "task": each.task_id, "status": each.status, "message": each.message, "since": each.since}
                for each in found.missing[:MOST]
            ],
            "has_more": max(len(found.stale), len(found.missing)) > MOST,
        })  # fmt: skip


def asked_by(given: Any, *, most: int | None = None) -> Asked:
    direction, depth = given.get("direction", "both"), given.get("depth", "1")
    if direction not in set(Direction):
        raise BadInput(f"`direction` is one of {', '.join(Direction)}.", code="unknown_direction")
    if not (depth.isascii() and depth.isdigit() and 1 <= int(depth[:3]) <= DEEPEST):
        raise BadInput(f"`depth` is a number from 1 to {DEEPEST}.", code="bad_depth")
    asked = Asked(Direction(direction), int(depth[:3]), given.get("column", "")[:255].replace("\0", ""))
    return asked if most is None else Asked(asked.direction, asked.hops, asked.column, most)


def told_graph(graph: ShownGraph) -> dict[str, Any]:
    names = {each.node: each.name for each in graph.nodes}
    pairs = dict.fromkeys((names[arrow.source], names[arrow.target]) for arrow in graph.arrows)
    return {
        "nodes": [_told_node(each) for each in graph.nodes], "arrows": [{"read": source, "by": target} for source, target in pairs],
        "hidden": {"datasets": graph.hidden_datasets, "jobs": graph.hidden_jobs}, "is_cut": graph.is_cut, "has_more": graph.has_more,
    }  # fmt: skip


def _told_node(one: ShownNode) -> dict[str, Any]:
    return {
        "dataset": one.node.dataset or None, "dag": one.node.dag or None, "job": one.node.job or None, "operator": one.operator or None,
        "hops": one.hops, "columns": None if one.columns is None else list(one.columns), "untraced": one.untraced or None,
    }  # fmt: skip
