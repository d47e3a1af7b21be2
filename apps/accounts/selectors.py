from __future__ import annotations

from apps.accounts.models import Identity


def find_identity(issuer: str, subject: str) -> Identity | None:
    return Identity.objects.select_related("person").filter(issuer=issuer, subject=subject).first()
