from __future__ import annotations

import uuid
from typing import ClassVar, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Concat, Upper
from django.utils import timezone

from apps.datasets.domain import Asked, Column, Storage
from apps.orgs.models import Org
from apps.orgs.sharing import ObjectGrant, Shared
from apps.orm.ids import UuidV7


class DatasetQuerySet(models.QuerySet["Dataset"]):
    def of(self, org: Org) -> Self:
        return self.filter(org=org)

    def produced(self) -> Self:
        return self.filter(producers__isnull=False).distinct()


def searched_text() -> Concat:
    """What a search of the catalog looks at."""
    return Concat("name", Value("\n"), "description", Value("\n"), "column_names", output_field=models.TextField())


class Dataset(Shared):
    """A name that consumers rely on. It stays when its DAG no longer publishes it: its data does, too."""

    name = models.CharField(max_length=128)
    storage = models.CharField(max_length=10, choices=[(one.value, one.value) for one in Storage])
    multi_writer = models.BooleanField(default=False)
    description = models.TextField(blank=True, default="")
    where = models.JSONField(default=dict)
    tags = ArrayField(models.CharField(max_length=63), default=list, db_default=[])
    columns = models.JSONField(default=list, db_default=[])
    # Those of `columns`, one to a line: what the catalogue searches.
    column_names = models.TextField(blank=True, default="", db_default="")
    # What it is read from; NULL for a union, for one that several write, and before anything was activated.
    output = models.ForeignKey("Output", models.SET_NULL, null=True, related_name="datasets")
    # The DAG that publishes it, or was the last to; empty for one that several write.
    last_dag = models.CharField(max_length=63, blank=True, default="", db_default="")
    created_at = models.DateTimeField(default=timezone.now)

    objects = DatasetQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["org", "name"], name="dataset_name")]
        indexes: ClassVar = [
            # A search looks for a part of any of them, in capitals.
            GinIndex(OpClass(Upper(searched_text()), name="gin_trgm_ops"), name="dataset_search"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def schema(self) -> list[Column]:
        return [Column(**column) for column in self.columns]


class DatasetGrant(ObjectGrant):
    content_object = models.ForeignKey(Dataset, models.CASCADE, related_name="grants")

    class Meta(ObjectGrant.Meta):
        pass


class AccessRequestQuerySet(models.QuerySet["AccessRequest"]):
    def waiting(self) -> Self:
        # Uses index access_request_waiting.
        return self.filter(state=Asked.WAITING)


class AccessRequest(models.Model):
    """Somebody asks to read a dataset of their org; who may grant it decides. What is granted is a grant like every other."""

    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)
    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="access_requests")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    reason = models.CharField(max_length=500)
    state = models.CharField(max_length=10, choices=[(one.value, one.value) for one in Asked], default=Asked.WAITING)
    asked_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    # NULL of one that was withdrawn.
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    note = models.CharField(max_length=500, blank=True, default="")

    objects = AccessRequestQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            # Also of two that are sent at once.
            models.UniqueConstraint(fields=["dataset", "person"], name="access_request_once", condition=Q(state="waiting")),
        ]
        indexes: ClassVar = [
            # Of a dataset and a person the newest, which is what they are told.
            models.Index(fields=["dataset", "person", "-id"], name="access_request_newest"),
            # Home asks for those that wait, of many that are done.
            models.Index(fields=["dataset"], name="access_request_waiting", condition=Q(state="waiting")),
        ]

    def __str__(self) -> str:
        return f"{self.person} for {self.dataset}"


class Producer(models.Model):
    """A DAG whose active version publishes the dataset. By name, because DAGs live on a floor above."""

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="producers")
    dag = models.CharField(max_length=63)
    job = models.CharField(max_length=128, blank=True, default="")
    output = models.PositiveSmallIntegerField(default=0)
    # What the DAG wrote below `publish`.
    spec = models.JSONField(default=dict)
    exclusive = models.BooleanField(default=True)
    # Another DAG published it before: who has read it made something of that one's.
    took_over = models.BooleanField(default=False, db_default=False)
    since = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["dataset", "dag"], name="dataset_producer_once"),
            # Whatever two activations at once do: a dataset that is not multi-writer has one producer.
            models.UniqueConstraint(fields=["dataset"], condition=Q(exclusive=True), name="dataset_one_producer"),
        ]
        # What a DAG publishes: its own page, the facet of the catalogue, and every step of lineage ask for it.
        indexes: ClassVar = [models.Index(fields=["dag"], name="producer_dag")]

    @property
    def outputs(self) -> list[tuple[str, int]]:
        """Job and output; of a union those of its cold half and its hot one."""
        if self.job:
            return [(self.job, self.output)]
        union = self.spec.get("union") or {}
        return [(union[half]["job"], union[half].get("output") or 0) for half in ("cold", "hot") if half in union]


class Freshness(models.Model):
    """Of a dataset whose DAG says how often it is expected to change. Nothing is written here as it changes: whoever looks after
    `look_at` asks what was said since.
    """

    dataset = models.OneToOneField(Dataset, models.CASCADE, primary_key=True, related_name="freshness")
    cadence_seconds = models.PositiveIntegerField()
    # Expected from then on, when nothing was ever made of it.
    since = models.DateTimeField()
    look_at = models.DateTimeField()
    # When it should have been there; NULL where it is.
    late_since = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "cadences"
        indexes: ClassVar = [
            models.Index(fields=["look_at"], name="freshness_look"),
            # Home and the catalog ask which are late: few of many.
            models.Index(fields=["dataset"], name="freshness_late", condition=Q(late_since__isnull=False)),
        ]


class Output(models.Model):
    """An output of a job, by the job's identity over versions of its DAG. What tasks know as `dataset_uuid`."""

    id = models.UUIDField(primary_key=True, editable=False)
    org = models.ForeignKey(Org, models.CASCADE, related_name="+")
    # DAGs live on a floor above.
    dag_id = models.UUIDField()
    dag = models.CharField(max_length=63)
    job = models.CharField(max_length=128)
    number = models.PositiveSmallIntegerField()
    storage = models.CharField(max_length=10, choices=[(one.value, one.value) for one in Storage if one is not Storage.UNION])
    # What readers get; it stays when the DAG is no longer active.
    current = models.ForeignKey("Version", models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["dag_id", "job", "number"], name="output_once")]

    def __str__(self) -> str:
        return f"{self.dag}.{self.job}[{self.number}]"


class Version(models.Model):
    """An output as one definition of its job, and of all that it is made of, makes it. The sums are of what is committed."""

    id = models.UUIDField(primary_key=True, editable=False)
    output = models.ForeignKey(Output, models.CASCADE, related_name="versions")
    generation = models.UUIDField()
    definition_hash = models.CharField(max_length=64)
    # As its operator declares them; and as the first commit wrote them, which every later one must.
    columns = models.JSONField(default=list)
    schema = models.JSONField(default=list)
    schema_hash = models.CharField(max_length=64, blank=True, default="")
    created_at = models.DateTimeField()
    partitions = models.PositiveIntegerField(default=0)
    rows = models.PositiveBigIntegerField(default=0)
    size_bytes = models.PositiveBigIntegerField(default=0)
    # The newest commit.
    committed_at = models.DateTimeField(null=True)
    # Somebody gave up what it holds: nothing is committed of it any more, until a version of a DAG has it made anew.
    purged_at = models.DateTimeField(null=True)


class Pointer(models.Model):
    """Which versions a version of a DAG is made of: to go back to it is to point at them again."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    dag_version_id = models.UUIDField()
    version = models.ForeignKey(Version, models.CASCADE, related_name="pointers")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["dag_version_id", "version"], name="pointer_once")]


class Partition(models.Model):
    """A committed piece of a version. Made again, it is another row, and the one before stays as history."""

    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)
    version = models.ForeignKey(Version, models.CASCADE, related_name="pieces")
    key = models.CharField(max_length=200)
    range_start = models.BigIntegerField(null=True)
    range_end = models.BigIntegerField(null=True)
    # How often it has been made, counting this one.
    number = models.PositiveIntegerField()
    # Tasks live on a floor above.
    task_id = models.UUIDField()
    attempt = models.PositiveIntegerField()
    prefix = models.CharField(max_length=500)
    # As the manifest lists them: name, size_bytes, sha256, rows.
    files = models.JSONField()
    rows = models.PositiveBigIntegerField()
    size_bytes = models.PositiveBigIntegerField()
    manifest_sha256 = models.CharField(max_length=64)
    key_min = models.BigIntegerField(null=True)
    key_max = models.BigIntegerField(null=True)
    committed_at = models.DateTimeField()
    superseded_at = models.DateTimeField(null=True)
    # It goes: nobody may begin to read it, or make it current again.
    purge = models.ForeignKey("Purge", models.SET_NULL, null=True, related_name="+", db_index=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["version", "key"], name="partition_current", condition=Q(superseded_at__isnull=True)),
            models.UniqueConstraint(fields=["version", "key", "number"], name="partition_number"),
        ]
        indexes: ClassVar = [
            # The map of a dataset and its gaps, of which the row says nothing more; and what a range of blocks meets.
            models.Index(
                fields=["version", "range_start"],
                include=["range_end", "number"],
                name="partition_range",
                condition=Q(superseded_at__isnull=True),
            ),
            # What a task has written.
            models.Index(fields=["task_id"], name="partition_task"),
            # What is about to go.
            models.Index(fields=["purge"], name="partition_purge", condition=Q(purge__isnull=False)),
        ]


class Purge(models.Model):
    """What somebody gave up for good: a version, or what was superseded of it. The sums are of what has gone so far."""

    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)
    output = models.ForeignKey(Output, models.CASCADE, related_name="purges")
    # NULL: of all its versions. With `before`, what was superseded until then; without, the whole version.
    version = models.ForeignKey(Version, models.CASCADE, null=True, related_name="purges")
    before = models.DateTimeField(null=True)
    begun_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    begun_at = models.DateTimeField()
    # The transaction that began it: who was in one at that moment may still begin to read what goes.
    begun_in = models.BigIntegerField()
    partitions = models.PositiveIntegerField(default=0)
    objects_gone = models.PositiveBigIntegerField(default=0)
    size_bytes = models.PositiveBigIntegerField(default=0)
    # How many an attempt that runs still reads, at the last look.
    held = models.PositiveIntegerField(default=0)
    # Why the last bite did not go, and since when none has; empty and NULL where they go.
    problem = models.TextField(blank=True, default="", db_default="")
    problem_since = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [models.Index(fields=["version"], name="purge_open", condition=Q(done_at__isnull=True))]
