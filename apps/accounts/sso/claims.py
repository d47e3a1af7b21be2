"""From a provider's claims to the identity that we accept: an e-mail counts only when the provider verified it and may vouch for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps.accounts.admission import VerifiedIdentity
from apps.accounts.domain import normalise_email
from apps.platform.errors import Invalid
from apps.platform.oidc.providers import Provider


def identity_from(claims: Mapping[str, Any], provider: Provider) -> VerifiedIdentity:
    return VerifiedIdentity(
        provider=provider.key,
        issuer=provider.issuer,
        subject=claims["sub"],
        email=_verified_email(claims, provider),
        name=_name(claims),
    )


def _verified_email(claims: Mapping[str, Any], provider: Provider) -> str:
    verified, email = claims.get("email_verified"), claims.get("email")
    # Some providers (Cognito) say it as text. `is`: 1 is equal to True, but nobody's way to say it.
    if (verified is not True and verified != "true") or not isinstance(email, str):
        return ""
    try:
        email = normalise_email(email)
    except Invalid:
        return ""
    return email if provider.may_vouch_for(email) else ""


def _name(claims: Mapping[str, Any]) -> str:
    name = claims.get("name")
    return name.strip()[:120] if isinstance(name, str) else ""
