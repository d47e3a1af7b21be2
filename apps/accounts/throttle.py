"""Guessing passwords is made slow: for an address that is guessed at, and for a machine that guesses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction

from apps.accounts.models import SignInFailure
from apps.audit import services as audit
from apps.audit.domain import Actor, Subject
from apps.platform.errors import TooMany

WINDOW = timedelta(minutes=15)
PER_EMAIL, PER_ADDRESS = 10, 100
_KEPT = timedelta(days=1)


@dataclass(frozen=True)
class Attempt:
    """Counted already. `locks` names what it brought to its limit, should it fail."""

    failure: int
    locks: tuple[tuple[str, str, int], ...]


@transaction.atomic
def reserve(*, email: str, address: str, now: datetime) -> Attempt:
    """Before the password is looked at: whoever is told to wait learns nothing about it.

    Counted as a failure until `forget` says otherwise, and one after the other: of guesses at once none may pass uncounted.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('accounts.sign_in_failure'))")
    limits = (("email", email, PER_EMAIL), ("address", address, PER_ADDRESS))
    before = [_require_room(kind, name, most, now=now) for kind, name, most in limits]
    SignInFailure.objects.filter(at__lt=now - _KEPT).delete()
    failure = SignInFailure.objects.create(email=email, address=address, at=now)
    return Attempt(failure.pk, tuple(limit for limit, known in zip(limits, before, strict=True) if known + 1 == limit[2]))


@transaction.atomic
def note_failure(attempt: Attempt, *, by: Actor) -> None:
    """The failure that locks is told in the audit log; what is refused during the lock is not, or a flood of tries would fill it."""
    if not SignInFailure.objects.filter(pk=attempt.failure).exists():
        return  # Meanwhile somebody has signed in with the right password: nothing is locked.
    for kind, name, most in attempt.locks:
        minutes = round(WINDOW.total_seconds() / 60)
        audit.record("sign_in.lock", Subject(kind, name, name), by=by, after={"failures": most, "minutes": minutes})


def forget(*, email: str) -> None:
    """Somebody who knows the password has earned a clean slate."""
    SignInFailure.objects.filter(email=email).delete()


def _require_room(kind: str, name: str, most: int, *, now: datetime) -> int:
    """How many have failed; raises when it is as many as may. Uses the indexes sign_in_failure_email and sign_in_failure_address."""
    recent = SignInFailure.objects.filter(at__gt=now - WINDOW, **{kind: name})
    failures = list(recent.order_by("-at").values_list("at", flat=True)[:most])
    if len(failures) == most:
        wait = failures[-1] + WINDOW - now
        raise TooMany(
            f"Too many sign-ins have failed. Try again in {max(1, round(wait.total_seconds() / 60))} min.",
            code="sign_in_throttled",
            retry_after=wait,
        )
    return len(failures)
