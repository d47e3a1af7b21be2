from __future__ import annotations

from django.db import models
from django.db.models import Func


class UuidV7(Func):
    """PostgreSQL's own: rows that are many and time-ordered stay together in the index."""

    function = "uuidv7"
    output_field = models.UUIDField()
