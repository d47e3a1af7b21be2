"""Is this token the provider's, for us, and good now? What mozilla-django-oidc leaves out (issuer, audience, azp, a missing
expiry) is checked here, and nothing is left to a library's default.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import jwt

from apps.platform.oidc.errors import TokenRejected
from apps.platform.oidc.http import Document
from apps.platform.oidc.providers import Provider

# Two organisations' clocks; not a second life for an expired token.
LEEWAY = timedelta(seconds=30)
# Asymmetric only: with HS256 the client secret would be a signing key, and with `none` anybody's word.
ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"})
# Providers sign other things for us with the same keys: a logout token must not sign anybody in.
TYPES = frozenset({"jwt", "at+jwt", "application/at+jwt"})
LONGEST_SUBJECT = 255
KeyOf = Callable[[str | None], Document | None]
Claims = dict[str, Any]


@dataclass(frozen=True)
class Expected:
    """Whose token it must be, and the nonce of the sign-in that it answers; None where there was none."""

    provider: Provider
    nonce: str | None = None


def verify(token: str, expected: Expected, key_of: KeyOf, *, now: datetime) -> Claims:
    """The claims; raises TokenRejected with what is wrong."""
    claims = _genuine(token, key_of)
    _made_for_us(claims, expected.provider)
    _holds_now(claims, now)
    if expected.nonce is not None and not _same(claims.get("nonce"), expected.nonce):
        raise TokenRejected("The token does not answer this sign-in: its nonce is another.", code="token_wrong_nonce")
    return claims


def issuer_of(token: str) -> str:
    """Who it says made it. Not verified: only to choose whose keys to try."""
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
    except jwt.PyJWTError:
        raise TokenRejected("This is not a token.", code="token_malformed") from None
    issuer = claims.get("iss")
    return issuer if isinstance(issuer, str) else ""


def _genuine(token: str, key_of: KeyOf) -> Claims:
    try:
        header = jwt.get_unverified_header(token)
        algorithm, kid = header.get("alg"), header.get("kid")
        if str(header.get("typ", "JWT")).casefold() not in TYPES:
            raise TokenRejected("The token is for another purpose.", code="token_wrong_type")
        if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
            raise TokenRejected("The token is signed in a way that is not accepted.", code="token_bad_signature")
        key = _usable(key_of(kid), algorithm)
        unchecked: Any = dict.fromkeys((f"verify_{claim}" for claim in ("exp", "iat", "nbf", "aud", "iss", "sub", "jti")), False)
        return jwt.decode(token, key, algorithms=[algorithm], options=unchecked)
    except jwt.InvalidSignatureError:
        raise TokenRejected("The token's signature is wrong.", code="token_bad_signature") from None
    except jwt.PyJWTError:  # Its errors of tokens, of keys, and of a key that is not for the algorithm, which share nothing else.
        raise TokenRejected("This is not a token.", code="token_malformed") from None


def _usable(key: Document | None, algorithm: str) -> jwt.PyJWK:
    if key is None:
        raise TokenRejected("The token is signed with a key that its provider does not publish.", code="token_unknown_key")
    # A key that names its algorithm is for that one alone.
    if key.get("alg", algorithm) != algorithm:
        raise TokenRejected("The token is signed in a way that its key is not for.", code="token_bad_signature")
    return jwt.PyJWK.from_dict(key, algorithm=algorithm)


def _made_for_us(claims: Mapping[str, Any], provider: Provider) -> None:
    if claims.get("iss") != provider.issuer:
        raise TokenRejected("The token was issued by somebody else.", code="token_wrong_issuer")
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if provider.client_id not in audiences or (len(audiences) > 1 and "azp" not in claims):
        raise TokenRejected("The token was made for somebody else.", code="token_wrong_audience")
    if claims.get("azp", provider.client_id) != provider.client_id:
        raise TokenRejected("The token was made for somebody else.", code="token_wrong_audience")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT:
        raise TokenRejected("The token names no subject.", code="token_malformed")


def _holds_now(claims: Mapping[str, Any], now: datetime) -> None:
    times = {name: claims.get(name) for name in ("exp", "iat", "nbf")}
    if any(isinstance(time, bool) or not isinstance(time, (int, float)) for time in (times["exp"], times["iat"])):
        raise TokenRejected("The token does not say from when until when it holds.", code="token_malformed")
    early, late = (now - LEEWAY).timestamp(), (now + LEEWAY).timestamp()
    if claims["exp"] <= early:
        raise TokenRejected("The token has expired.", code="token_expired")
    starts = times["nbf"] if isinstance(times["nbf"], (int, float)) else claims["iat"]
    if max(starts, claims["iat"]) > late:
        raise TokenRejected("The token is from the future; check the clocks of both machines.", code="token_not_yet")


def _same(given: object, wanted: str) -> bool:
    return isinstance(given, str) and hmac.compare_digest(given.encode(), wanted.encode())
