"""Reads of the pages that span apps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.urls import reverse

from apps.accounts.models import Person
from apps.chains import selectors as chains
from apps.console.catalog.freshness import count_late
from apps.console.checklist import CONNECT, DEPLOY, FIRST_STEPS, Step
from apps.console.demo import TOKEN_NAME
from apps.dags import selectors as dags
from apps.datasets.models import Dataset
from apps.datasets.selectors import requests_to_decide
from apps.dispatch import selectors as dispatch
from apps.dispatch.selectors import RoundTrip
from apps.orgs import policy
from apps.orgs.models import Invitation, Membership, Org
from apps.orgs.policy import Principal
from apps.orgs.selectors import offers_to
from apps.outbox import selectors as outbox
from apps.pii import selectors as pii
from apps.platform.config import Config
from apps.runs import selectors as runs
from apps.runs.selectors import Row, Seen
from apps.tables.models import Batch

# Of requests for datasets, each by itself.
_MOST_ASKED = 5
# More than one transaction of a follower.
_FAR_BEHIND = 100


@dataclass(frozen=True)
class Need:
    """Something on Home that waits for a person."""

    state: str
    title: str
    text: str
    address: str


def demo_people() -> QuerySet[Membership]:
    seeded = Membership.objects.filter(api_tokens__name=TOKEN_NAME)
    return seeded.select_related("person", "org", "role").order_by("created_at", "person__email")


@dataclass(frozen=True)
class FirstStep:
    """A step of the checklist as its reader finds it; without an address there is nowhere to go yet."""

    title: str
    text: str
    state: str
    word: str
    address: str = ""


@dataclass(frozen=True)
class Home:
    offers: list[Invitation]
    needs: list[Need]
    steps: list[FirstStep]
    recent: list[Row]


def home_of(who: Principal, org: Org, *, config: Config, now: datetime) -> Home:
    trip = dispatch.round_trip(now=now, interval=timedelta(seconds=config.probe_interval_seconds))
    steps = [_first_step(step, who, org, trip) for step in FIRST_STEPS]
    seen = runs.jobs_seen(org, who, now=now)
    needs = [
        *_dead_letters(org, seen),
        *_refused(who, org, now=now),
        *_late(who, org, now=now),
        *_behind(org, seen),
        *_access(who, org),
        *_requests(who, org, now=now),
        *_needs(who.person, trip),
    ]
    return Home(offers_to(who.person, now=now), needs, steps, runs.recent_runs(org, seen))


def _dead_letters(org: Org, seen: Seen) -> Iterator[Need]:
    count, is_more = runs.dead_letters(org, seen)
    if count:
        tasks = "1 task" if count == 1 else f"{count:,}{'+' if is_more else ''} tasks"
        text = "Nobody tries again, and nothing below has happened. Look why, mend it, and replay."
        yield Need("failed", f"{tasks} failed for good", text, reverse("runs:dead", args=[org.slug]))


def _late(who: Principal, org: Org, *, now: datetime) -> Iterator[Need]:
    if late := count_late(org, who, now=now):
        title = "1 dataset is late" if late == 1 else f"{late:,} datasets are late"
        text = "Longer ago than one and a half times what its DAG expects. Look at the runs of its jobs."
        yield Need("waiting", title, text, f"{reverse('console:catalog', args=[org.slug])}?late=yes")


def _refused(who: Principal, org: Org, *, now: datetime) -> Iterator[Need]:
    """Batches of rows that did not fit their table: the task that handed them over completed, so nothing else tells of them."""
    dead = Batch.objects.dead().filter(org=org)
    if not dead.exists():
        return
    told = policy.visible(Dataset.objects.of(org).filter(pk__in=dead.values("dataset")), who, now=now).order_by("name")
    for dataset in told[:_MOST_ASKED]:
        text = "They did not fit its table, and are kept. Look which rows and why, repair them, and replay."
        address = f"{reverse('console:dataset', args=[org.slug, dataset.name])}?tab=dead-letters"
        yield Need("failed", f"Rows for {dataset.name} were refused", text, address)


def _behind(org: Org, seen: Seen) -> Iterator[Need]:
    for one in runs.behind(org, seen, more_than=_FAR_BEHIND, most=_MOST_ASKED):
        text = "It catches up by itself. If the number does not fall, look at its log, and at the health of its providers."
        address = reverse("runs:task", args=[org.slug, one.task_id])
        yield Need("waiting", f"{one.job.dag} / {one.job.name} is {one.blocks:,} blocks behind its chain", text, address)


def _first_step(step: Step, who: Principal, org: Org, trip: RoundTrip) -> FirstStep:
    if step.section and not step.section.is_built:
        return FirstStep(step.title, step.text, "skipped", "Not in this version")
    is_done, address = _standing(step, who, org, trip)
    state, word = ("ok", "Done") if is_done else ("queued", "To do")
    return FirstStep(step.title, step.text, state, word, address)


def _standing(step: Step, who: Principal, org: Org, trip: RoundTrip) -> tuple[bool, str]:
    """Whether it is done, and where it is; nowhere for who may not do it."""
    if step is CONNECT:
        return chains.has_providers(), reverse("console:rpc") if who.person.is_platform_staff else ""
    if step.section is None:
        return trip.received_at is not None and not trip.is_late, reverse("console:health")
    return step is DEPLOY and dags.count_of(org) > 0, reverse("console:section", args=[org.slug, step.section.key])


def _access(who: Principal, org: Org) -> Iterator[Need]:
    waiting = list(requests_to_decide(org, who)[: _MOST_ASKED + 1])
    for one in waiting[:_MOST_ASKED]:
        address = f"{reverse('console:dataset', args=[org.slug, one.dataset.name])}?tab=access"
        yield Need(
            "waiting", f"{one.person.email} asks for {one.dataset.name}", f"“{one.reason}” Grant it or refuse it.", address
        )
    if len(waiting) > _MOST_ASKED:
        address = f"{reverse('console:catalog', args=[org.slug])}?requests=yes"
        text = "The oldest come first here. All datasets that somebody asks for are in the catalog."
        yield Need("waiting", "More people ask for datasets", text, address)


def _requests(who: Principal, org: Org, *, now: datetime) -> Iterator[Need]:
    if waiting := pii.to_decide(org, who=who, now=now).count():
        title = "1 request for personal data" if waiting == 1 else f"{waiting} requests for personal data"
        address = reverse("pii:grants", args=[org.slug])
        yield Need("waiting", title, "Somebody asks to see classified columns in the clear, and you may decide.", address)


def _needs(person: Person, trip: RoundTrip) -> Iterator[Need]:
    health = reverse("console:health")
    # Dead letters of the outbox are no org's: only who can replay them is told.
    if person.is_platform_staff and (failed := outbox.overview().failed):
        messages = "1 message" if failed == 1 else f"{failed} messages"
        yield Need(
            "failed", f"{messages} failed for good", "What they should have caused has not happened. Look and replay.", health
        )
    if trip.is_late:
        yield Need(
            "failed", "Background work is late", "The probe through outbox, queue and worker has not come back in time.", health
        )
