from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.console.catalog import one
from apps.console.catalog.backfilling import making
from apps.console.catalog.invalidating import subject_of
from apps.console.catalog.invalidation_api import BlocksSerializer
from apps.orgs import policy
from apps.orgs.domain import Level
from apps.orgs.guarded_api import HeaderOrgAPI, principal_of
from apps.orgs.policy import Action
from apps.runs import selectors as runs
from apps.runs import services
from apps.runs.selectors import Part, Preview, Seen

MOST_TOLD = 1_000


class BackfillSerializer(serializers.Serializer[object]):
    range = BlocksSerializer(required=False, allow_null=True)
    partitions = serializers.ListField(child=serializers.CharField(), required=False, help_text="Keys of partitions.")
    part = serializers.ChoiceField(
        [one.value for one in Part], required=False, allow_null=True,
        help_text="gaps: what is missing between the first block and the last. stale: what does not hold any more.",
    )  # fmt: skip
    dry_run = serializers.BooleanField(default=False, help_text="Only say what would be made.")


class StartedSourceSerializer(serializers.Serializer[object]):
    dag = serializers.CharField()
    job = serializers.CharField()
    range = BlocksSerializer()
    tasks = serializers.IntegerField(help_text="Of the job that makes the dataset, as far as it is known before.")


class LackingSerializer(serializers.Serializer[object]):
    partition = serializers.CharField()
    why = serializers.CharField()


class RewrittenSerializer(serializers.Serializer[object]):
    partitions = serializers.IntegerField()
    rows = serializers.IntegerField()
    size_bytes = serializers.IntegerField()


class BelowSerializer(serializers.Serializer[object]):
    dag = serializers.CharField(allow_null=True, help_text="null: a DAG that you do not see.")
    job = serializers.CharField(allow_null=True)


class BackfilledSerializer(serializers.Serializer[object]):
    run = serializers.UUIDField(allow_null=True, help_text="The task that the run began with; null after a dry run.")
    tasks = serializers.IntegerField(help_text="Of the job that makes the dataset.")
    partitions = serializers.ListField(child=serializers.CharField(), help_text=f"The first {MOST_TOLD:,} that its tasks make.")
    starts = StartedSourceSerializer(many=True, help_text="Sources that are started, because nothing is kept of what it takes.")
    rewritten = RewrittenSerializer(help_text="What is committed now and made anew; it stays as history.")
    under_way = serializers.ListField(child=serializers.CharField(), help_text="What somebody does already.")
    lacking = LackingSerializer(many=True, help_text="What nobody can make.")
    below = BelowSerializer(many=True, help_text="Jobs that then do their part again, as they are told of it.")


class BackfillView(HeaderOrgAPI):
    actions: ClassVar = {"POST": Action.RUNS_ACT}

    @extend_schema(
        operation_id="backfill_dataset", request=BackfillSerializer,
        responses={202: BackfilledSerializer, 200: BackfilledSerializer},
        description="Have a part of it made, or made anew: a range of blocks, partitions by their keys, what is missing, or what is "
        f"old. At most {runs.MOST_TASKS:,} tasks at once. With `dry_run` the answer is 200 and nothing changes.",
    )  # fmt: skip
    def post(self, request: Request, dataset_name: str) -> Response:
        body = BackfillSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        given, who, now = body.validated_data, principal_of(request), timezone.now()
        dataset = one.get_dataset(self.org, dataset_name)
        policy.require_reach(who, Level.CHANGE, dataset, now=now)
        blocks = (given["range"]["start"], given["range"]["end"]) if given.get("range") else None
        choice = runs.read_choice(blocks, given.get("partitions") or [], given.get("part") or "")
        made, seen = making(dataset, who, now=now), runs.jobs_seen(self.org, who, now=now)
        if given["dry_run"]:
            return Response(_told(None, runs.previewed(made.output, made.version, choice, may_start=made.may_start), seen))
        done = services.backfill(
            subject_of(dataset), made.output, made.version, choice, may_start=made.may_start, by=self.by, now=now
        )
        return Response(_told(done.run, done.preview, seen), status=202)


def _told(run: UUID | None, preview: Preview, seen: Seen) -> dict[str, Any]:
    plan, rewritten = preview.plan, preview.rewritten
    return {
        "run": run, "tasks": plan.tasks, "partitions": [unit.key for unit in plan.units[:MOST_TOLD]],
        "starts": [
            {
                "dag": one.source.dag.name, "job": one.source.name, "tasks": one.tasks,
                "range": {"start": one.blocks[0], "end": one.blocks[1]},
            }
            for one in plan.starts[:MOST_TOLD]
        ],
        "rewritten": {"partitions": len(rewritten.keys), "rows": rewritten.rows, "size_bytes": rewritten.size_bytes},
        "under_way": plan.under_way[:MOST_TOLD],
        "lacking": [{"partition": key, "why": why} for key, why in plan.lacking[:MOST_TOLD]],
        "below": [
            {"dag": job.dag if job else None, "job": job.name if job else None}
            for job in (seen.jobs.get(job_id) for job_id in preview.below)
        ],
    }  # fmt: skip
