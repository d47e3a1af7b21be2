"""Whom the orgs let in at a first single sign-on: somebody who is already a member under the e-mail that the provider verified."""

from __future__ import annotations

from datetime import datetime

from apps.accounts.admission import VerifiedIdentity
from apps.accounts.models import Person
from apps.orgs.models import Membership


def admit_member(identity: VerifiedIdentity, now: datetime) -> Person | None:
    membership = Membership.objects.filter(person__email=identity.email).select_related("person").first()
    return membership.person if membership else None
