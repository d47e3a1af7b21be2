"""Password login of the laptop profile. Config refuses to switch it on anywhere else."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib.auth.backends import BaseBackend
from django.http import HttpRequest

from apps.accounts.domain import normalise_email
from apps.accounts.models import Person
from apps.platform.errors import Invalid


class LocalPassword(BaseBackend):
    def authenticate(self, request: HttpRequest | None, email: str, password: str) -> Person | None:  # type: ignore[override]  # exactly these, so that Django passes other credentials by
        if not settings.CONFIG.local_login:
            return None
        try:
            person = Person.objects.filter(email=normalise_email(email), is_active=True).first()
        except Invalid:
            person = None
        if person is None:
            # Hash anyway: an unknown address must not answer faster than a wrong password.
            Person().set_password(password)
            return None
        return person if person.check_password(password) else None

    def get_user(self, user_id: UUID) -> Person | None:
        return Person.objects.filter(pk=user_id, is_active=True).first()
