"""Guessing passwords is made slow: for one machine at one account, for a machine that guesses, and for an account that is guessed at.

The first limit is what somebody meets who guesses. It is for both together, so that a stranger's guesses do not lock out the owner,
who signs in from elsewhere. The last is ten times as high: to reach it takes ten machines, and without it many could guess for ever.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from django.db import connection, transaction

from apps.accounts.models import Person, SignInFailure
from apps.audit import services as audit
from apps.audit.domain import Actor, Subject
from apps.platform.errors import TooMany

WINDOW = timedelta(minutes=15)
PER_PAIR, PER_ADDRESS, PER_EMAIL = 10, 100, 100
_KEPT = timedelta(days=1)


@dataclass(frozen=True)
class Limit:
    """How many failures with these values are too many. `kind` and `name` say to whom it applies."""

    kind: str
    name: str
    most: int
    values: dict[str, str]


@dataclass(frozen=True)
class Attempt:
    """Counted already. `locks` names what it brought to its limit, should it fail."""

    failure: int
    locks: tuple[Limit, ...]


@transaction.atomic
def reserve(*, email: str, address: str, now: datetime) -> Attempt:
    """Before the password is looked at: whoever is told to wait learns nothing about it.

    Counted as a failure until `forget` says otherwise, and one after the other: of guesses at once none may pass uncounted.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('accounts.sign_in_failure'))")
    limits = (
        Limit("email", email, PER_PAIR, {"email": email, "address": address}),
        Limit("address", address, PER_ADDRESS, {"address": address}),
        Limit("email", email, PER_EMAIL, {"email": email}),
    )
    before = [_require_room(limit, now=now) for limit in limits]
    SignInFailure.objects.filter(at__lt=now - _KEPT).delete()
    failure = SignInFailure.objects.create(email=email, address=address, at=now)
    return Attempt(failure.pk, tuple(limit for limit, known in zip(limits, before, strict=True) if known + 1 == limit.most))


@transaction.atomic
def note_failure(attempt: Attempt, *, by: Actor) -> None:
    """Told in the audit log of the platform: the failure that locks, and of an account one a minute.

    What is refused during a lock is not told, or a flood of tries would fill the log. Nor is an address that is nobody's: whoever
    comes could write there what they like, and somebody who slips writes their password. No org is told: an account may be of several,
    and where somebody signs in is not their admins' to know.
    """
    failure = SignInFailure.objects.filter(pk=attempt.failure).first()
    if failure is None:
        return  # Meanwhile somebody has signed in with the right password: nothing is locked.
    person = Person.objects.filter(email=failure.email).first()
    if person and not _failed_before(failure):
        audit.record("sign_in.fail", Subject("person", str(person.pk), person.email), by=by)
    for limit in attempt.locks:
        after = {"failures": limit.most, "minutes": round(WINDOW.total_seconds() / 60), **limit.values}
        audit.record("sign_in.lock", Subject(limit.kind, limit.name, limit.name), by=by, after=after)


def forget(*, email: str, address: str) -> None:
    """Somebody who knows the password has earned a clean slate where they are. What others guess elsewhere still counts."""
    SignInFailure.objects.filter(email=email, address=address).delete()


def _failed_before(failure: SignInFailure) -> bool:
    """In the same minute of the clock: then that one was told."""
    minute = failure.at.replace(second=0, microsecond=0)
    return SignInFailure.objects.filter(email=failure.email, at__gte=minute, pk__lt=failure.pk).exists()


def _require_room(limit: Limit, *, now: datetime) -> int:
    """How many have failed; raises when it is as many as may. Uses the indexes sign_in_failure_email and sign_in_failure_address."""
    recent = SignInFailure.objects.filter(at__gt=now - WINDOW, **limit.values)
    failures = list(recent.order_by("-at").values_list("at", flat=True)[: limit.most])
    if len(failures) == limit.most:
        raise _too_many(failures[-1] + WINDOW - now, now=now)
    return len(failures)


def _too_many(wait: timedelta, *, now: datetime) -> TooMany:
    minutes = max(1, ceil(wait.total_seconds() / 60))
    words = f"Too many sign-ins have failed. Try again in {minutes} min, after {now + wait + timedelta(minutes=1):%H:%M} UTC."
    return TooMany(words, code="sign_in_throttled", retry_after=wait)
