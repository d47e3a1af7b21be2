"""Where the files are: one store per process and bucket, since each holds connections."""

from __future__ import annotations

from functools import cache

from django.conf import settings

from apps.platform import wiring
from apps.platform.ports.objects import ObjectStore


@cache
def data_store() -> ObjectStore:
    return wiring.object_store(settings.CONFIG, bucket=settings.CONFIG.data_bucket)


@cache
def scratch_store() -> ObjectStore:
    return wiring.object_store(settings.CONFIG, bucket=settings.CONFIG.scratch_bucket)
