"""A kind of thing that is shared, as a later app will have it."""

from __future__ import annotations

from django.db import models

from apps.orgs.sharing import ObjectGrant, Shared


class Paper(Shared):
    title = models.CharField(max_length=80)

    def __str__(self) -> str:
        return self.title


class PaperGrant(ObjectGrant):
    content_object = models.ForeignKey(Paper, models.CASCADE, related_name="grants")
