"""Checking tokens that Trace signed. Signing is a port (`ports/signing.py`): its keys live on this machine or in KMS."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

import jwt

from apps.platform.errors import NotSignedIn
from apps.platform.json import Json

# Two machines' clocks; not a second life for an expired token.
LEEWAY = timedelta(seconds=5)
_ALWAYS = frozenset({"iss", "aud", "sub", "iat", "exp"})


class TokenRefused(NotSignedIn):
    """The token does not prove what it claims. The message is safe to show: it never holds the token."""

    code = "token_refused"


def verify(
    token: str, jwks: Mapping[str, Json], *, issuer: str, audience: str, now: datetime, required: Collection[str] = ()
) -> dict[str, Any]:
    """The claims of a token that is genuine, for us, and alive at `now`; anything missing or malformed is a refusal."""
    claims = _genuine(token, jwks)
    if missing := sorted((_ALWAYS | set(required)) - claims.keys()):
        raise TokenRefused(f"The token lacks {', '.join(missing)}.")
    if claims["iss"] != issuer or claims["aud"] != audience:
        raise TokenRefused("The token was made by or for somebody else.")
    if not isinstance(claims["sub"], str) or not claims["sub"]:
        raise TokenRefused("The token names no subject.")
    _alive(claims, now)
    return claims


def _genuine(token: str, jwks: Mapping[str, Json]) -> dict[str, Any]:
    try:
        key = _key_of(jwt.get_unverified_header(token), jwks)
        # Times, issuer and audience are checked above: with the caller's clock, and without a library's leniency (lists of audiences).
        unchecked: Any = dict.fromkeys((f"verify_{claim}" for claim in ("exp", "iat", "nbf", "aud", "iss", "sub", "jti")), False)
        return jwt.decode(token, key, algorithms=["ES256"], options=unchecked)
    except jwt.InvalidTokenError as error:
        raise TokenRefused(f"The token is not genuine: {type(error).__name__}.") from None


def _key_of(header: Mapping[str, Any], jwks: Mapping[str, Json]) -> jwt.PyJWK:
    keys: Any = jwks.get("keys", [])
    for key in keys:
        if key["kid"] == header.get("kid"):
            return jwt.PyJWK.from_dict(key, algorithm="ES256")
    raise TokenRefused("The token was signed with a key that is not valid here.")


def _alive(claims: Mapping[str, Any], now: datetime) -> None:
    issued, expires = claims["iat"], claims["exp"]
    if any(isinstance(instant, bool) or not isinstance(instant, int) for instant in (issued, expires)):
        raise TokenRefused("The token's times are not whole seconds.")
    if issued > (now + LEEWAY).timestamp():
        raise TokenRefused("The token is from the future; check the clocks of both machines.")
    if expires <= (now - LEEWAY).timestamp():
        raise TokenRefused("The token has expired.")
