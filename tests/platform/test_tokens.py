"""Tokens are refused for every reason there is, and accepted for one."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from apps.platform.clock import ManualClock
from apps.platform.drivers.signing_local import LocalSigner
from apps.platform.json import Json
from apps.platform.jwk import public_jwk
from apps.platform.tokens import LEEWAY, TokenRefused, verify
from tests.factories import NOON

ISSUED = int(NOON.timestamp())
CLAIMS: dict[str, Json] = {
    "iss": "trace", "aud": "trace.task", "sub": "task:1", "iat": ISSUED, "exp": ISSUED + 60, "org_id": "o1",
}  # fmt: skip
KEY = ec.generate_private_key(ec.SECP256R1())
JWK = public_jwk(KEY.public_key())
JWKS: dict[str, Json] = {"keys": [JWK]}


def signed(claims: dict[str, Any], *, key: Any = KEY, algorithm: str = "ES256", **header: Any) -> str:
    return jwt.encode(claims, key, algorithm=algorithm, headers={"kid": JWK["kid"], **header})


TOKEN = signed(CLAIMS)


def check(token: str, **changed: Any) -> dict[str, Any]:
    given: dict[str, Any] = {"issuer": "trace", "audience": "trace.task", "now": NOON, "required": ("org_id",)}
    return verify(token, JWKS, **(given | changed))


def test_a_genuine_token_gives_its_claims() -> None:
    assert check(signed(CLAIMS)) == CLAIMS


@pytest.mark.parametrize("claim", ["iss", "aud", "sub", "iat", "exp", "org_id"])
def test_a_missing_claim_is_a_refusal_that_names_it(claim: str) -> None:
    with pytest.raises(TokenRefused, match=claim):
        check(signed({name: value for name, value in CLAIMS.items() if name != claim}))


@pytest.mark.parametrize("changed", [
    {"iss": "other"}, {"aud": "trace.query"}, {"aud": ["trace.task", "x"]}, {"sub": ""}, {"sub": 1}, {"iat": "now"},
    {"exp": True}, {"exp": float(ISSUED) + 0.5}, {"exp": None}, {"iat": ISSUED + 3600}, {"exp": ISSUED - 3600},
])  # fmt: skip
def test_a_claim_that_is_wrong_or_malformed_is_a_refusal(changed: dict[str, Any]) -> None:
    key: Any = KEY
    # Not by jwt.encode, which would not let some of these out.
    token = jwt.PyJWS().encode(_json(CLAIMS | changed), key, algorithm="ES256", headers={"kid": JWK["kid"]})

    with pytest.raises(TokenRefused):
        check(token)


def _json(claims: dict[str, Any]) -> bytes:
    import json

    return json.dumps(claims).encode()


def test_two_clocks_may_differ_a_little_and_no_more() -> None:
    token = signed(CLAIMS)
    end = NOON + timedelta(seconds=60)

    assert check(token, now=end + LEEWAY - timedelta(seconds=1))
    assert check(token, now=NOON - LEEWAY)
    with pytest.raises(TokenRefused, match="expired"):
        check(token, now=end + LEEWAY)
    with pytest.raises(TokenRefused, match="clocks"):
        check(token, now=NOON - LEEWAY - timedelta(seconds=1))


def test_a_key_that_is_not_published_is_a_refusal() -> None:
    stranger = ec.generate_private_key(ec.SECP256R1())

    with pytest.raises(TokenRefused, match="not valid here"):
        check(signed(CLAIMS, key=stranger, kid=str(public_jwk(stranger.public_key())["kid"])))
    with pytest.raises(TokenRefused, match="not genuine"):
        check(signed(CLAIMS, key=stranger))


def test_no_other_algorithm_is_believed() -> None:
    with pytest.raises(TokenRefused):
        check(jwt.encode(CLAIMS, "", algorithm="none", headers={"kid": JWK["kid"]}))
    with pytest.raises(TokenRefused):
        # The old trick: the public key as the secret of an HMAC.
        check(signed(CLAIMS, key=str(JWK["x"]) * 2, algorithm="HS256"))


@pytest.mark.parametrize("token", ["", "a.b.c", "....", "eyJhbGciOiJFUzI1NiJ9..", "\x00", "é.é.é", "x" * 10_000])
def test_garbage_is_a_refusal(token: str) -> None:
    with pytest.raises(TokenRefused):
        check(token)


@pytest.mark.parametrize("jwks", [{}, {"keys": []}])
def test_without_usable_keys_nothing_is_believed(jwks: dict[str, Json]) -> None:
    with pytest.raises(TokenRefused):
        verify(signed(CLAIMS), jwks, issuer="trace", audience="trace.task", now=NOON)


@given(st.data())
def test_no_change_of_a_signed_token_is_believed(data: st.DataObject) -> None:
    token = TOKEN
    at = data.draw(st.integers(0, len(token) - 2))  # the last character carries two bits that mean nothing
    other = data.draw(st.sampled_from([c for c in "ABCabc012-_." if c != token[at]]))

    with pytest.raises(TokenRefused):
        check(token[:at] + other + token[at + 1 :])


def test_a_refusal_never_shows_the_token() -> None:
    token = signed(CLAIMS)

    with pytest.raises(TokenRefused) as refused:
        check(token, audience="other")
    assert token not in str(refused.value) and token.split(".")[1] not in str(refused.value)


def test_after_a_rotation_old_and_new_tokens_are_believed(tmp_path: Path) -> None:
    clock = ManualClock(NOON)
    signer = LocalSigner(tmp_path, clock=clock)
    signer.ensure()
    tokens = [signer.sign(CLAIMS)]
    signer.rotate()
    clock.advance(timedelta(days=1))
    tokens.append(signer.sign(CLAIMS))

    for token in tokens:
        assert verify(token, signer.jwks(), issuer="trace", audience="trace.task", now=NOON)["sub"] == "task:1"
