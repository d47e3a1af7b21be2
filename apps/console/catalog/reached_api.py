from __future__ import annotations

from django.utils import timezone
from rest_framework.request import Request

from apps.console.catalog import one
from apps.datasets.models import Dataset
from apps.orgs import policy
from apps.orgs.domain import Level
from apps.orgs.guarded_api import HeaderOrgAPI, principal_of


class ReachedAPI(HeaderOrgAPI):
    """About a dataset of the org that the asker reaches."""

    def reached(self, request: Request, name: str, level: Level = Level.VIEW) -> Dataset:
        found = one.get_dataset(self.org, name)
        policy.require_reach(principal_of(request), level, found, now=timezone.now())
        return found
