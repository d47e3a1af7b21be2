"""Guessing passwords is made slow: for an address that is guessed at, and for a machine that guesses."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Q

from apps.accounts.models import SignInFailure
from apps.audit import services as audit
from apps.audit.domain import Actor, Subject
from apps.platform.errors import TooMany

WINDOW = timedelta(minutes=15)
PER_EMAIL, PER_ADDRESS = 10, 100
_KEPT = timedelta(days=1)


def check(*, email: str, address: str, now: datetime) -> None:
    """Before the password is looked at: whoever is told to wait learns nothing about it."""
    # Uses the indexes sign_in_failure_email and sign_in_failure_address.
    recent = SignInFailure.objects.filter(at__gt=now - WINDOW)
    for condition, most in ((Q(email=email), PER_EMAIL), (Q(address=address), PER_ADDRESS)):
        failures = list(recent.filter(condition).order_by("-at").values_list("at", flat=True)[:most])
        if len(failures) == most:
            wait = failures[-1] + WINDOW - now
            raise TooMany(
                f"Too many sign-ins have failed. Try again in {max(1, round(wait.total_seconds() / 60))} min.",
                code="sign_in_throttled",
                retry_after=wait,
            )


@transaction.atomic
def note_failure(*, email: str, address: str, by: Actor, now: datetime) -> None:
    """The failure that locks is told in the audit log; what is refused during the lock is not, or a flood of tries would fill it."""
    with connection.cursor() as cursor:
        # Of failures at once each must count the others: the lock is told once, and never not at all.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('accounts.sign_in_failure'))")
    SignInFailure.objects.create(email=email, address=address, at=now)
    recent = SignInFailure.objects.filter(at__gt=now - WINDOW)
    for kind, name, most in (("email", email, PER_EMAIL), ("address", address, PER_ADDRESS)):
        if recent.filter(**{kind: name}).count() == most:
            minutes = round(WINDOW.total_seconds() / 60)
            audit.record("sign_in.lock", Subject(kind, name, name), by=by, after={"failures": most, "minutes": minutes})
    SignInFailure.objects.filter(at__lt=now - _KEPT).delete()


def forget(*, email: str) -> None:
    """Somebody who knows the password has earned a clean slate."""
    SignInFailure.objects.filter(email=email).delete()
