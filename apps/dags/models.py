from __future__ import annotations

import uuid
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils import timezone

from apps.dags.domain import OPEN_BUILD, BuildState, Cutover, Move, is_slot, jobs_in, name_in
from apps.orgs.models import Org
from apps.orgs.sharing import ObjectGrant, Shared
from apps.orm.ids import UuidV7


class DagQuerySet(models.QuerySet["Dag"]):
    def of(self, org: Org) -> Self:
        return self.filter(org=org)


class Dag(Shared):
    """A name with versions. One of them may be active; which one is this row's to say."""

    name = models.CharField(max_length=63)
    description = models.TextField(blank=True, default="")
    active = models.ForeignKey("DagVersion", models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    objects = DagQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["org", "name"], name="dag_name")]

    def __str__(self) -> str:
        return self.name


class DagGrant(ObjectGrant):
    content_object = models.ForeignKey(Dag, models.CASCADE, related_name="grants")

    class Meta(ObjectGrant.Meta):
        pass


class DagVersion(models.Model):
    """A text that was deployed. Nothing changes it afterwards."""

    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)
    dag = models.ForeignKey(Dag, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    yaml = models.TextField()
    yaml_hash = models.CharField(max_length=64)
    # What it publishes, by name, as written.
    publish = models.JSONField(default=dict)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["dag", "number"], name="dag_version_number"),
            models.UniqueConstraint(fields=["dag", "yaml_hash"], name="dag_version_text"),
        ]

    def __str__(self) -> str:
        return f"version {self.number}"


class Job(models.Model):
    """A job of a version, or a stream of its chain_sync. Over versions a job is the same by (DAG, name)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    version = models.ForeignKey(DagVersion, models.CASCADE, related_name="jobs")
    position = models.PositiveIntegerField()
    name = models.CharField(max_length=128)
    operator = models.CharField(max_length=100)
    operator_version = models.CharField(max_length=20)
    activation = models.CharField(max_length=20)
    runtime = models.CharField(max_length=20)
    outputs = models.PositiveSmallIntegerField()
    # As written, with the defaults of the DAG.
    spec = models.JSONField()
    # What shapes its output, and the hash of that.
    definition = models.JSONField()
    definition_hash = models.CharField(max_length=64)

    class Meta:
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["version", "name"], name="dag_job_name")]


class Edge(models.Model):
    """What a job reads, by an input or because its config names it: a job of the same version, or a dataset; both where that is this DAG's own."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="edges")
    number = models.PositiveSmallIntegerField()
    source = models.ForeignKey(Job, models.CASCADE, null=True, related_name="readers")
    output = models.PositiveSmallIntegerField(default=0)
    dataset = models.CharField(max_length=128, blank=True, default="")

    class Meta:
        ordering: ClassVar = ["number"]
        indexes: ClassVar = [models.Index(fields=["dataset"], name="dag_edge_dataset", condition=~models.Q(dataset=""))]


class Activation(models.Model):
    """The pointer moved. `version` is NULL where the DAG was switched off."""

    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)
    dag = models.ForeignKey(Dag, models.CASCADE, related_name="activations")
    version = models.ForeignKey(DagVersion, models.PROTECT, null=True, related_name="+")
    before = models.ForeignKey(DagVersion, models.PROTECT, null=True, related_name="+")
    move = models.CharField(max_length=12, choices=[(one.value, one.value) for one in Move])
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField()
    # What arrived since then has not been seen by jobs that changed with it.
    missed_since = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-id"]


class Build(models.Model):
    """A version whose outputs are made from what is kept of its inputs, while the active one goes on."""

    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)
    dag = models.ForeignKey(Dag, models.CASCADE, related_name="builds")
    version = models.ForeignKey(DagVersion, models.PROTECT, related_name="+")
    cutover = models.CharField(max_length=10, choices=[(one.value, one.value) for one in Cutover])
    state = models.CharField(max_length=10, choices=[(one.value, one.value) for one in BuildState], default=BuildState.BUILDING)
    # The jobs that it makes anew.
    scope = models.JSONField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField()
    # Its tasks are planned; all of them are done; it is over.
    planned_at = models.DateTimeField(null=True)
    ready_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    # Why it could not take over by itself, as its people are told.
    problem = models.TextField(blank=True, default="", db_default="")

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["dag"], name="dag_build_open", condition=models.Q(state__in=OPEN_BUILD)),
        ]


class Draft(models.Model):
    """What somebody has typed and not deployed: of each person one for each DAG, and as many beside it as they set aside."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    org = models.ForeignKey(Org, models.CASCADE, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    # That of the DAG; or a slot (`domain.SLOT`), of one that has no DAG yet or that lies beside that of the DAG of `base`.
    name = models.CharField(max_length=63)
    yaml = models.TextField()
    # The version that the text began as; NULL where it began as nothing.
    base = models.ForeignKey(DagVersion, models.SET_NULL, null=True, related_name="+")
    saved_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["org", "person", "name"], name="dag_draft_once")]

    @property
    def slot(self) -> str:
        return self.name if is_slot(self.name) else ""

    @property
    def dag_name(self) -> str:
        """Empty where there is no such DAG yet."""
        if not self.slot:
            return self.name
        return self.base.dag.name if self.base else ""

    @property
    def title(self) -> str:
        if self.dag_name:
            return f"{self.dag_name}, set aside" if self.slot else self.dag_name
        return name_in(self.yaml) or "a new DAG"

    @property
    def jobs(self) -> int:
        return jobs_in(self.yaml)
