from __future__ import annotations

from django.db import models
from django.utils import timezone

from apps.orgs.models import Org


class EncryptedSecret(models.Model):
    """A secret of the `database` driver: the value under a data key, the data key under a key that is not in the database."""

    path = models.CharField(primary_key=True, max_length=300)
    sealed = models.BinaryField()
    key_id = models.CharField(max_length=64)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)
    rotated_at = models.DateTimeField(default=timezone.now)


class SecretPlace(models.Model):
    """A place in the quota of an org for a secret that is being written; gone when the store has answered."""

    org = models.ForeignKey(Org, models.CASCADE, related_name="+")
    path = models.CharField(max_length=300)
    kept_at = models.DateTimeField()

    class Meta:
        db_table = "vault_secret_place"
