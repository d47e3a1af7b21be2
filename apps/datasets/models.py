from __future__ import annotations

from typing import ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from apps.datasets.domain import Column, Storage
from apps.orgs.models import Org
from apps.orgs.sharing import ObjectGrant, Shared


class DatasetQuerySet(models.QuerySet["Dataset"]):
    def of(self, org: Org) -> Self:
        return self.filter(org=org)

    def produced(self) -> Self:
        return self.filter(producers__isnull=False).distinct()


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
    created_at = models.DateTimeField(default=timezone.now)

    objects = DatasetQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["org", "name"], name="dataset_name")]

    def __str__(self) -> str:
        return self.name

    @property
    def schema(self) -> list[Column]:
        return [Column(**column) for column in self.columns]


class DatasetGrant(ObjectGrant):
    content_object = models.ForeignKey(Dataset, models.CASCADE, related_name="grants")

    class Meta(ObjectGrant.Meta):
        pass


class Producer(models.Model):
    """A DAG whose active version publishes the dataset. By name, because DAGs live on a floor above."""

    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="producers")
    dag = models.CharField(max_length=63)
    job = models.CharField(max_length=128, blank=True, default="")
    output = models.PositiveSmallIntegerField(default=0)
    # What the DAG wrote below `publish`.
    spec = models.JSONField(default=dict)
    exclusive = models.BooleanField(default=True)
    since = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["dataset", "dag"], name="dataset_producer_once"),
            # Whatever two activations at once do: a dataset that is not multi-writer has one producer.
            models.UniqueConstraint(fields=["dataset"], condition=Q(exclusive=True), name="dataset_one_producer"),
        ]
