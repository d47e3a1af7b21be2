from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.console.catalog.invalidating import subject_of
from apps.console.catalog.invalidation_api import AffectedSerializer, told_jobs
from apps.console.catalog.purging import output_of
from apps.console.catalog.reached_api import ReachedAPI
from apps.console.catalog.versions_api import PieceSerializer, told_piece
from apps.orgs.domain import Level
from apps.orgs.guarded_api import principal_of
from apps.orgs.policy import Action
from apps.runs import selectors as runs
from apps.runs import services


class RestoreSerializer(serializers.Serializer[object]):
    dry_run = serializers.BooleanField(default=False, help_text="Only say what it replaces, and what is done again.")


class RestoredSerializer(serializers.Serializer[object]):
    piece = PieceSerializer(help_text="As it is then; after a dry run as it is now.")
    replaces = PieceSerializer(many=True, help_text="What readers got until then. It stays as history.")
    jobs = AffectedSerializer(many=True, help_text="Those that read it, and do their part again.")


class RestoreView(ReachedAPI):
    actions: ClassVar = {"POST": Action.RUNS_ACT}

    @extend_schema(
        operation_id="restore_dataset_partition", request=RestoreSerializer, responses=RestoredSerializer,
        description="What was superseded is what readers get again. Jobs that read it do their part again, as after a correction. "
        "With `dry_run` nothing changes.",
    )  # fmt: skip
    def post(self, request: Request, dataset_name: str, piece_id: UUID) -> Response:
        body = RestoreSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        dataset = self.reached(request, dataset_name, Level.CHANGE)
        output = output_of(dataset)
        if body.validated_data["dry_run"]:
            told = runs.restore_preview(output, piece_id)
        else:
            told = services.restore(subject_of(dataset), output, piece_id, by=self.by)
        seen = runs.jobs_seen(self.org, principal_of(request), now=timezone.now())
        return Response({
            "piece": told_piece(told.piece), "replaces": [told_piece(row) for row in told.replaced],
            "jobs": told_jobs(told.affected, seen),
        })  # fmt: skip
