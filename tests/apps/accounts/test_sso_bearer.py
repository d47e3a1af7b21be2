"""The API takes a provider's token for the person who is linked to it, beside Trace's own tokens."""

from __future__ import annotations

import base64
import json
import time
from dataclasses import replace
from typing import Any

import jwt
import pytest
from django.test import Client, override_settings

from apps.accounts.sso import registry, session
from tests.factories import Persona
from tests.fixtures.forger import Answering, Forger, new_key
from tests.fixtures.sso import Idp, Surfer

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("sso")]
NOW = int(time.time())


@pytest.fixture
def linked(answering: Answering, reader: Persona) -> Persona:
    answering.with_token(email=reader.person.email)
    return reader


def call(token: str) -> Any:
    return Client().get("/v1/me", headers={"Authorization": f"Bearer {token}"})


def refusal(token: str) -> tuple[int, str]:
    response = call(token)
    assert response.headers["WWW-Authenticate"] == "Bearer"
    return response.status_code, response.json()["code"]


def test_the_id_token_of_a_real_provider_is_the_person(surfer: Surfer, idp: Idp, member: Persona) -> None:
    surfer.sign_in(idp, member.person)
    token = session.opened(surfer.trace.session["sso"]["sealed"])

    assert call(token).json()["email"] == member.person.email
    assert [org["slug"] for org in call(token).json()["orgs"]] == [member.org.slug]


def test_the_keys_of_a_real_provider_may_rotate(surfer: Surfer, idp: Idp, member: Persona) -> None:
    surfer.sign_in(idp, member.person)
    old = session.opened(surfer.trace.session["sso"]["sealed"])
    idp.restart(new_keys=True)
    again = surfer.other()
    again.sign_in(idp, member.person)

    assert call(session.opened(again.trace.session["sso"]["sealed"])).status_code == 200
    assert refusal(old) == (401, "token_unknown_key")


def test_a_good_token_is_the_person(forger: Forger, linked: Persona) -> None:
    assert call(forger.token()).json()["email"] == linked.person.email


def test_an_access_token_that_was_made_for_us_is_as_good(forger: Forger, linked: Persona) -> None:
    token = forger.token(headers={"typ": "at+jwt"}, aud=["trace", "https://api.example"], azp="trace", email_verified=None)

    assert call(token).status_code == 200


@pytest.mark.parametrize(("forged", "code"), [
    ({"aud": "another-client"}, "token_wrong_audience"),
    ({"azp": "another-client"}, "token_wrong_audience"),
    ({"iss": "https://elsewhere.example"}, "token_wrong_issuer"),
    ({"iss": None}, "token_wrong_issuer"),
    ({"exp": NOW - 60}, "token_expired"),
    ({"exp": None}, "token_malformed"),
    ({"iat": NOW + 600}, "token_not_yet"),
    ({"headers": {"kid": "unknown"}}, "token_unknown_key"),
    ({"algorithm": "PS256"}, "token_bad_signature"),
    ({"sub": "s-2"}, "token_unknown_person"),
])  # fmt: skip
def test_a_wrong_token_is_refused_with_what_is_wrong(forger: Forger, linked: Persona, forged: dict[str, Any], code: str) -> None:
    assert refusal(forger.token(**forged)) == (401, code)


def test_a_token_that_somebody_else_signed_is_refused(forger: Forger, linked: Persona) -> None:
    assert refusal(forger.token(key=new_key())) == (401, "token_bad_signature")


def test_rotated_keys_are_found_and_the_old_ones_forgotten(forger: Forger, linked: Persona) -> None:
    old = forger.token()
    forger.rotate()

    assert call(forger.token()).status_code == 200
    assert refusal(old) == (401, "token_unknown_key")


def test_made_up_key_ids_do_not_make_us_call_the_provider_for_ever(forger: Forger, linked: Persona) -> None:
    before = forger.calls.count("/jwks")
    for number in range(20):
        refusal(forger.token(headers={"kid": f"made-up-{number}"}))

    assert forger.calls.count("/jwks") - before <= 5


def test_keys_are_not_fetched_for_every_call(forger: Forger, linked: Persona) -> None:
    before = len(forger.calls)
    for _ in range(3):
        call(forger.token())

    assert len(forger.calls) == before


def test_a_provider_that_is_broken_or_down_is_not_the_callers_fault(forger: Forger, linked: Persona) -> None:
    registry.directory.forget()
    forger.discovery = {"issuer": "https://elsewhere.example"}
    broken = call(forger.token())
    assert (broken.status_code, broken.json()["code"]) == (503, "unavailable")

    down = replace(forger.provider, issuer="http://127.0.0.1:9")
    with override_settings(SSO_PROVIDERS=(down,)):
        assert call(forger.token(iss=down.issuer)).status_code == 503


def test_somebody_switched_off_is_refused_at_once(forger: Forger, linked: Persona) -> None:
    linked.person.is_active = False
    linked.person.save(update_fields=["is_active"])

    assert refusal(forger.token()) == (401, "token_unknown_person")


def test_a_token_alone_lets_nobody_in(forger: Forger, reader: Persona) -> None:
    assert refusal(forger.token(email=reader.person.email)) == (401, "token_unknown_person")


def test_personal_access_tokens_still_work(forger: Forger, linked: Persona) -> None:
    assert call(linked.token).json()["email"] == linked.person.email


@pytest.mark.parametrize("token", ["eyJ.x.y", "eyJhbGciOiJub25lIn0.e30.", "trace_pat_wrong", "x"])
def test_what_is_no_token_is_refused(db: None, token: str) -> None:
    assert call(token).status_code == 401


def with_header(token: str, **header: object) -> str:
    """Another header before what somebody signed: nothing needs to be signed to be looked at."""
    text = json.dumps(jwt.get_unverified_header(token) | header).encode()
    return f"{base64.urlsafe_b64encode(text).decode().rstrip('=')}.{token.split('.', 1)[1]}"


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA", ["RS256"], {"a": 1}, 7, None])
@pytest.mark.parametrize("published", [{}, {"alg": "RS256"}])
def test_an_algorithm_that_is_not_the_keys_is_refused(forger: Forger, algorithm: object, published: dict[str, str]) -> None:
    forger.published = published

    assert call(with_header(forger.token(), alg=algorithm)).status_code == 401


@pytest.mark.parametrize("kid", [["first"], {"a": 1}, 7])
def test_a_key_id_that_is_no_text_is_refused(forger: Forger, kid: object) -> None:
    assert call(with_header(forger.token(), kid=kid)).status_code == 401


def test_headers_that_claim_to_be_somebody_are_ignored(linked: Persona) -> None:
    claimed = {
        "X-Forwarded-User": linked.person.email,
        "X-Auth-Request-Email": linked.person.email,
        "Remote-User": linked.person.email,
    }

    assert Client().get("/v1/me", headers=claimed).status_code == 401
