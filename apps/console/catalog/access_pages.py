"""Ask to read a dataset, and decide on it: forms of its page."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone

from apps.accounts.posting import posted_from
from apps.audit.requests import actor_of
from apps.console.catalog import one
from apps.console.catalog.around import PAGE, done
from apps.datasets import selectors, services
from apps.datasets.models import AccessRequest
from apps.orgs.access import OrgRequest, org_page
from apps.orgs.admin_frame import who
from apps.orgs.policy import Action
from apps.platform.errors import Invalid

MOST_REQUESTS = 50
# As forms offer it: days, in words.
LASTING = {"7": "a week", "30": "30 days", "90": "90 days", "365": "a year", "": "until it is revoked"}


@posted_from(PAGE, "slug", "dataset_name")
@org_page(Action.DATASETS_REQUEST)
def ask(request: OrgRequest, dataset_name: str) -> HttpResponse:
    found, reason = one.get_dataset(request.org, dataset_name), request.POST.get("reason", "")
    return done(
        request, dataset_name, "", "Your request is with those who may grant it.",
        lambda: services.ask_for_access(found, reason, who=who(request), by=actor_of(request), now=timezone.now()),
    )  # fmt: skip


@posted_from(PAGE, "slug", "dataset_name")
@org_page(Action.DATASETS_REQUEST)
def withdraw(request: OrgRequest, dataset_name: str, request_id: UUID) -> HttpResponse:
    asked = _asked(request, dataset_name, request_id)
    return done(
        request, dataset_name, "", "Your request is withdrawn.",
        lambda: services.withdraw_request(asked, by=actor_of(request), now=timezone.now()),
    )  # fmt: skip


@posted_from(PAGE, "slug", "dataset_name")
@org_page(Action.GRANTS_CHANGE)
def grant(request: OrgRequest, dataset_name: str, request_id: UUID) -> HttpResponse:
    asked, now = _asked(request, dataset_name, request_id), timezone.now()
    return done(
        request, dataset_name, "access", f"{asked.person.email} may read it.",
        lambda: services.grant_access(asked, expires_at=_end(request, now=now), by=actor_of(request), now=now),
    )  # fmt: skip


@posted_from(PAGE, "slug", "dataset_name")
@org_page(Action.GRANTS_CHANGE)
def refuse(request: OrgRequest, dataset_name: str, request_id: UUID) -> HttpResponse:
    asked, note = _asked(request, dataset_name, request_id), request.POST.get("note", "")
    return done(
        request, dataset_name, "access", f"{asked.person.email} is told why not.",
        lambda: services.refuse_access(asked, note, by=actor_of(request), now=timezone.now()),
    )  # fmt: skip


def _end(request: OrgRequest, *, now: datetime) -> datetime | None:
    """Until it is revoked only where somebody chose that: not for a form that says nothing, or what it does not offer."""
    days = request.POST.get("days")
    if days not in LASTING:
        raise Invalid("Choose how long it lasts from the list.", code="bad_days")
    return now + timedelta(days=int(days)) if days else None


def _asked(request: OrgRequest, dataset_name: str, request_id: UUID) -> AccessRequest:
    return selectors.get_request(one.get_dataset(request.org, dataset_name), request_id, who(request))
