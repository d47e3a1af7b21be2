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
    # Some providers (Cognito) say it as text.
    if claims.get("email_verified") not in {True, "true"}:
        return ""
    try:
        email = normalise_email(str(claims.get("email", "")))
    except Invalid:
        return ""
    return email if len(email) <= 254 and provider.may_vouch_for(email) else ""


def _name(claims: Mapping[str, Any]) -> str:
    name = claims.get("name")
    return name.strip()[:120] if isinstance(name, str) else ""
