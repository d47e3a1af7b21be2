"""Signing out here signs out at the provider, too, and never waits for it."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.factories import Persona
from tests.fixtures.sso import Idp, Surfer

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("sso")]


@pytest.fixture
def signed_in(surfer: Surfer, idp: Idp, member: Persona) -> Surfer:
    surfer.sign_in(idp, member.person)
    return surfer


def test_the_session_here_is_over_before_the_provider_is_told(signed_in: Surfer) -> None:
    page = signed_in.trace.post("/sign-out")

    assert 'content="0; url=/sso/demo/leave"' in page.text
    assert signed_in.trace.get("/v1/me").status_code == 401


def test_the_provider_is_told_whose_session_it_is_and_where_to_lead_back(signed_in: Surfer, idp: Idp) -> None:
    signed_in.trace.post("/sign-out")
    address = signed_in.trace.get("/sso/demo/leave").headers["Location"]
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}

    assert address.startswith(f"{idp.issuer}/session/end?")
    assert asked["id_token_hint"].count(".") == 2
    assert asked["post_logout_redirect_uri"] == "http://127.0.0.1:8000/sign-in"


def test_the_page_in_between_holds_no_token(signed_in: Surfer) -> None:
    assert "eyJ" not in signed_in.trace.post("/sign-out").text


def test_the_provider_is_told_once(signed_in: Surfer) -> None:
    signed_in.trace.post("/sign-out")
    signed_in.trace.get("/sso/demo/leave")

    assert signed_in.trace.get("/sso/demo/leave").headers["Location"] == "/sign-in"


def test_nobody_is_signed_out_by_a_link(signed_in: Surfer) -> None:
    assert signed_in.trace.get("/sso/demo/leave").headers["Location"] == "/sign-in"
    assert signed_in.trace.get("/v1/me").status_code == 200


def test_a_provider_that_is_down_holds_nobody_up(signed_in: Surfer, idp: Idp) -> None:
    idp.stop()
    try:
        # It was there a moment ago, and is asked again only later: the person is signed out here in any case.
        response = signed_in.trace.post("/sign-out")
    finally:
        idp.start()

    assert response.status_code in {200, 302}
    assert signed_in.trace.get("/v1/me").status_code == 401
