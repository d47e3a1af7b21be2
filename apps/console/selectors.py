"""Reads of the pages that span apps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from apps.accounts.models import Person
from apps.dispatch import selectors as dispatch
from apps.orgs.models import Membership
from apps.outbox import selectors as outbox
from apps.platform.config import Config

# The name of the API tokens that the laptop's demo people are seeded with: nobody else has one of that name by accident.
DEMO_TOKEN = "demo"


@dataclass(frozen=True)
class Need:
    """Something on Home that waits for a person."""

    state: str
    title: str
    text: str


def demo_people() -> QuerySet[Membership]:
    seeded = Membership.objects.filter(api_tokens__name=DEMO_TOKEN)
    return seeded.select_related("person", "org", "role").order_by("created_at", "person__email")


def needs_of(person: Person, *, config: Config, now: datetime) -> list[Need]:
    return list(_needs(person, config, now))


def _needs(person: Person, config: Config, now: datetime) -> Iterator[Need]:
    # Dead letters of the outbox are no org's: only who can replay them is told.
    if person.is_platform_staff and (failed := outbox.overview().failed):
        messages = "1 message" if failed == 1 else f"{failed} messages"
        yield Need("failed", f"{messages} failed for good", "What they should have caused has not happened. Look and replay.")
    trip = dispatch.round_trip(now=now, interval=timedelta(seconds=config.probe_interval_seconds))
    if trip.is_late:
        yield Need("failed", "Background work is late", "The probe through outbox, queue and worker has not come back in time.")
