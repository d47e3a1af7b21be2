"""How many calls a minute a person and an org may make of the API. The pages' own calls are not counted."""

from __future__ import annotations

from functools import cache
from math import ceil

from django.conf import settings
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from apps.accounts.models import Person
from apps.orgs.models import ApiToken, Org
from apps.platform import wiring
from apps.platform.errors import TooMany
from apps.platform.ports.rates import RateCounter, Window, wait


class PersonRate(BaseThrottle):
    """DRF asks it before every view; a token's org is known here already."""

    def allow_request(self, request: Request, view: object) -> bool:
        if not is_program(request):
            return True
        if isinstance(request.user, Person):
            _count("person", str(request.user.pk), limit=settings.CONFIG.rate_per_person, whose="You have")
        if isinstance(request.auth, ApiToken):
            count_org(request.auth.membership.org)
        return True


def count_org(org: Org) -> None:
    _count("org", str(org.pk), limit=settings.CONFIG.rate_per_org, whose=f"{org.slug} has")


def count_hook(org: Org) -> None:
    """Apart from the org's own calls: whoever knows the address of a hook could use those up."""
    _count("hook", str(org.pk), limit=settings.CONFIG.rate_per_org, whose="This address has")


def count_knock(org: Org, address: str) -> None:
    """Of calls that nobody has looked at yet. By machine: a stranger's do not keep out those that may come in from elsewhere, and
    with the limit of all that may come in they keep out nobody who would not be over that one as well.
    """
    _count("knock", f"{org.pk}:{address}", limit=settings.CONFIG.rate_per_org, whose="This machine has")


def is_program(request: Request) -> bool:
    """Whoever proves themself with a token. A session has none: those are the pages."""
    return request.auth is not None


def _count(kind: str, name: str, *, limit: int, whose: str) -> None:
    if not limit:
        return
    window = Window.at(timezone.now())
    before, this = counter().hit(f"{kind}:{name}", window)
    if pause := wait(before, this, limit=limit, into=window.into):
        seconds = max(1, ceil(pause.total_seconds()))
        words = f"{whose} made more than {limit} calls in a minute. Try again in {seconds} s."
        raise TooMany(words, code="rate_limited", retry_after=pause)


@cache
def counter() -> RateCounter:
    return wiring.rate_counter(settings.CONFIG)
