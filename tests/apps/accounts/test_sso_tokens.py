"""What a provider may send and what proves nothing: tokens that no real provider can be made to sign."""

from __future__ import annotations

import time
from typing import Any

import jwt
import pytest

from apps.accounts.models import Identity
from tests.factories import Persona
from tests.fixtures.forger import CLIENT_SECRET, Answering, Forger, new_key

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("sso")]
NOW = int(time.time())


def refused(answering: Answering, response: Any, words: str) -> bool:
    """Told with a stable code and the reason, nobody signed in, nobody linked."""
    return (
        response.status_code == 403
        and "sso_refused" in response.text
        and words in response.text
        and answering.trace.get("/v1/me").status_code == 401
        and not Identity.objects.exists()
    )


def test_a_good_token_signs_in(answering: Answering, reader: Persona) -> None:
    assert answering.with_token(email=reader.person.email).status_code == 302
    assert answering.trace.get("/v1/me").json()["email"] == reader.person.email


@pytest.mark.parametrize(("claims", "words"), [
    ({"aud": "another-client"}, "made for somebody else"),
    ({"aud": None}, "made for somebody else"),
    ({"aud": ["trace", "another-client"]}, "made for somebody else"),
    ({"aud": ["trace", "another-client"], "azp": "another-client"}, "made for somebody else"),
    ({"azp": "another-client"}, "made for somebody else"),
    ({"iss": "https://elsewhere.example"}, "issued by somebody else"),
    ({"iss": None}, "issued by somebody else"),
    ({"exp": NOW - 60}, "expired"),
    ({"exp": None}, "until when"),
    ({"exp": "tomorrow"}, "until when"),
    ({"exp": True}, "until when"),
    ({"iat": None}, "until when"),
    ({"iat": NOW + 600, "exp": NOW + 900}, "from the future"),
    ({"nbf": NOW + 600}, "from the future"),
    ({"sub": None}, "no subject"),
    ({"sub": ""}, "no subject"),
    ({"sub": "s" * 256}, "no subject"),
    ({"nonce": "another"}, "nonce"),
    ({"nonce": None}, "nonce"),
])  # fmt: skip
def test_a_token_with_a_wrong_claim_proves_nothing(
    answering: Answering, reader: Persona, claims: dict[str, Any], words: str
) -> None:
    assert refused(answering, answering.with_token(**({"email": reader.person.email} | claims)), words)


def test_a_token_for_us_among_others_counts_when_we_are_its_party(answering: Answering, reader: Persona) -> None:
    response = answering.with_token(email=reader.person.email, aud=["trace", "another-client"], azp="trace")

    assert response.status_code == 302


def test_a_token_that_somebody_else_signed_proves_nothing(answering: Answering, reader: Persona) -> None:
    assert refused(answering, answering.with_token(email=reader.person.email, key=new_key()), "signature")


def test_a_token_signed_with_a_key_that_is_not_published_proves_nothing(answering: Answering, reader: Persona) -> None:
    assert refused(answering, answering.with_token(email=reader.person.email, headers={"kid": "mine"}), "does not publish")


def test_the_client_secret_is_no_signing_key(answering: Answering, reader: Persona) -> None:
    assert refused(
        answering, answering.with_token(email=reader.person.email, key=CLIENT_SECRET, algorithm="HS256"), "not accepted"
    )


def test_an_unsigned_token_proves_nothing(answering: Answering, forger: Forger, reader: Persona) -> None:
    claims = jwt.decode(
        forger.token(email=reader.person.email, nonce=answering.asked["nonce"]), options={"verify_signature": False}
    )
    forger.gives(jwt.encode(claims, "", "none", headers={"kid": forger.kid}))

    assert refused(answering, answering.come_back(), "not accepted")


def test_a_key_is_for_its_own_algorithm_alone(answering: Answering, reader: Persona) -> None:
    assert refused(answering, answering.with_token(email=reader.person.email, algorithm="PS256"), "its key is not for")


@pytest.mark.parametrize("type_", ["logout+jwt", "secevent+jwt", 7])
def test_what_a_provider_signs_for_another_purpose_proves_nothing(answering: Answering, reader: Persona, type_: object) -> None:
    assert refused(answering, answering.with_token(email=reader.person.email, headers={"typ": type_}), "another purpose")


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "eyJhbGciOiJSUzI1NiJ9.e30.x"])
def test_what_is_not_a_token_proves_nothing(answering: Answering, forger: Forger, token: str) -> None:
    forger.gives(token)

    assert refused(answering, answering.come_back(), "")


def test_keys_that_rotate_are_found(answering: Answering, forger: Forger, reader: Persona) -> None:
    answering.with_token(email=reader.person.email)
    forger.rotate()
    answering.begin()

    assert answering.with_token(email=reader.person.email).status_code == 302


def test_an_old_key_is_not_trusted_any_more_once_the_new_ones_are_known(
    answering: Answering, forger: Forger, reader: Persona
) -> None:
    old_key, old_kid = forger.key, forger.kid
    forger.rotate()
    answering.with_token(email=reader.person.email)
    answering.begin()
    response = answering.with_token(email=reader.person.email, key=old_key, headers={"kid": old_kid})

    assert response.status_code == 403


class TestEmail:
    def test_it_may_come_from_the_userinfo_endpoint(self, answering: Answering, forger: Forger, reader: Persona) -> None:
        forger.userinfo = {"sub": "s-1", "email": reader.person.email, "email_verified": True}

        assert answering.with_token(email_verified=None).status_code == 302

    def test_what_the_userinfo_endpoint_says_of_another_counts_for_nobody(
        self, answering: Answering, forger: Forger, reader: Persona
    ) -> None:
        forger.userinfo = {"sub": "s-2", "email": reader.person.email, "email_verified": True}

        assert refused(answering, answering.with_token(email_verified=None), "somebody else")

    @pytest.mark.parametrize("verified", [False, None, "false", 1, "yes", ["true"]])
    def test_an_address_counts_only_when_it_is_verified(self, answering: Answering, reader: Persona, verified: object) -> None:
        assert "sso_unverified_email" in answering.with_token(email=reader.person.email, email_verified=verified).text

    @pytest.mark.parametrize("email", ["", "not an address", 7, ["a@b.example"], "a@b.example\u200b", "ﬁona@b.example"])
    def test_what_is_no_address_counts_for_nobody(self, answering: Answering, email: object) -> None:
        assert "sso_unverified_email" in answering.with_token(email=email).text

    def test_capitals_do_not_make_another_address(self, answering: Answering, reader: Persona) -> None:
        assert answering.with_token(email=reader.person.email.upper()).status_code == 302


class TestFaults:
    def told(self, response: Any) -> bool:
        return response.status_code == 502 and "sso_provider_fault" in response.text

    def test_a_provider_that_calls_itself_another_is_refused(self, forger: Forger, client: Any) -> None:
        forger.discovery = {"issuer": "https://elsewhere.example"}

        assert self.told(client.get("/sso/forger/start"))

    @pytest.mark.parametrize("address", ["http://elsewhere.example/token", "ftp://127.0.0.1/", "", 7])
    def test_secrets_are_not_sent_in_the_clear(self, forger: Forger, client: Any, address: object) -> None:
        forger.discovery = {"token_endpoint": address}

        assert self.told(client.get("/sso/forger/start"))

    @pytest.mark.parametrize("answer", [{}, {"id_token": 7}, {"error": "invalid_client"}])
    def test_an_answer_without_a_token_is_told(self, answering: Answering, forger: Forger, answer: dict[str, Any]) -> None:
        forger.token_answer = (401 if "error" in answer else 200, answer)

        assert self.told(answering.come_back())

    def test_an_error_of_the_provider_is_told(self, answering: Answering) -> None:
        response = answering.trace.get(
            "/sso/forger/callback", {"error": "server_error<script>", "state": answering.asked["state"]}
        )

        assert self.told(response)
        assert "<script>go" not in response.text and "server_error&lt;script&gt;" in response.text

    def test_the_secret_goes_into_the_header_when_the_provider_wants_it_there(self, forger: Forger, reader: Persona) -> None:
        forger.discovery = {"token_endpoint_auth_methods_supported": ["client_secret_basic"]}
        Answering(forger).with_token(email=reader.person.email)

        assert "client_secret" not in forger.forms[-1]

    def test_the_code_is_redeemed_with_its_verifier(self, answering: Answering, forger: Forger, reader: Persona) -> None:
        answering.with_token(email=reader.person.email)

        assert len(forger.forms[-1]["code_verifier"]) >= 43
        assert forger.forms[-1]["redirect_uri"] == answering.asked["redirect_uri"]
