from __future__ import annotations

from django.db import models
from django.utils import timezone


class EncryptedSecret(models.Model):
    """A secret of the `database` driver: the value under a data key, the data key under a key that is not in the database."""

    path = models.CharField(primary_key=True, max_length=300)
    sealed = models.BinaryField()
    key_id = models.CharField(max_length=64)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)
    rotated_at = models.DateTimeField(default=timezone.now)
