"""A session that began at a provider is checked there again, silently, and ends when it has ended there."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import override_settings
from django.utils import timezone

from tests.factories import PASSWORD, Persona
from tests.fixtures.sso import Idp, Surfer

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("sso")]
PAGE = "/platform/health"


@pytest.fixture
def signed_in(surfer: Surfer, idp: Idp, member: Persona) -> Surfer:
    surfer.sign_in(idp, member.person)
    return surfer


def let_pass(surfer: Surfer, minutes: int) -> None:
    """As if the last check were that long ago."""
    session = surfer.trace.session
    session["sso"] |= {"checked_at": (timezone.now() - timedelta(minutes=minutes)).isoformat()}
    session.save()


def test_a_fresh_sign_in_is_not_checked(signed_in: Surfer) -> None:
    assert signed_in.trace.get(PAGE).status_code == 200


def test_after_the_interval_the_provider_is_asked_without_showing_anything(signed_in: Surfer) -> None:
    let_pass(signed_in, 16)
    start = signed_in.trace.get(f"{PAGE}?a=1").headers["Location"]

    assert start == "/sso/demo/start?silent=1&next=%2Fplatform%2Fhealth%3Fa%3D1"
    asked = parse_qs(urlsplit(signed_in.trace.get(start).headers["Location"]).query)
    assert asked["prompt"] == ["none"]


def test_who_is_still_there_comes_back_to_the_page_and_stays(signed_in: Surfer, idp: Idp) -> None:
    let_pass(signed_in, 16)
    key = signed_in.trace.session.session_key
    back = signed_in.follow(signed_in.at_provider(signed_in.begin(idp, next_url=PAGE, silent=True)))

    assert back.headers["Location"] == PAGE
    assert signed_in.trace.get(PAGE).status_code == 200
    assert signed_in.trace.session.session_key == key, "open forms keep their CSRF token"


def test_who_is_gone_at_the_provider_is_gone_here(signed_in: Surfer, idp: Idp) -> None:
    let_pass(signed_in, 16)
    idp.restart()  # it has forgotten every session
    response = signed_in.follow(signed_in.at_provider(signed_in.begin(idp, next_url=PAGE, silent=True)))

    assert response.status_code == 401
    assert "sso_expired" in response.text
    assert "/sso/demo/start?next=%2Fplatform%2Fhealth" in response.text
    assert signed_in.trace.get("/v1/me").status_code == 401


def test_who_was_removed_at_the_provider_is_gone_here(signed_in: Surfer, idp: Idp) -> None:
    let_pass(signed_in, 16)
    idp.forgets_everybody()
    signed_in.follow(signed_in.at_provider(signed_in.begin(idp, next_url=PAGE, silent=True)))

    assert signed_in.trace.get("/v1/me").status_code == 401


def test_a_provider_that_is_down_signs_nobody_out_and_lets_nobody_on(signed_in: Surfer, idp: Idp) -> None:
    let_pass(signed_in, 16)
    idp.stop()
    try:
        response = signed_in.trace.get(PAGE, follow=True)
    finally:
        idp.start()

    assert response.status_code == 503
    assert "sso_provider_down" in response.text
    assert signed_in.trace.get(PAGE).status_code == 302, "asked again, not signed out"


def test_a_fragment_moves_the_whole_page_to_the_provider(signed_in: Surfer) -> None:
    let_pass(signed_in, 16)
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://127.0.0.1:8000{PAGE}?tab=2"}
    response = signed_in.trace.get(PAGE, headers=headers)

    assert response.headers["HX-Redirect"] == "/sso/demo/start?silent=1&next=%2Fplatform%2Fhealth%3Ftab%3D2"
    assert response.content == b""


def test_a_change_under_way_is_not_lost_to_a_check(signed_in: Surfer) -> None:
    let_pass(signed_in, 16)

    assert signed_in.trace.post("/platform/health").status_code == 405, "it reached the view"


def test_a_change_long_after_the_interval_is_not_made(signed_in: Surfer) -> None:
    let_pass(signed_in, 31)

    assert signed_in.trace.post("/platform/health").headers["Location"].startswith("/sso/demo/start?silent=1")


@pytest.mark.parametrize(("referer", "next_"), [
    (f"http://127.0.0.1:8000{PAGE}?q=1", "%2Fplatform%2Fhealth%3Fq%3D1"), ("http://[", "%2F"), ("https://evil.example/x", "%2F"),
])  # fmt: skip
def test_after_it_they_are_where_they_were(signed_in: Surfer, referer: str, next_: str) -> None:
    let_pass(signed_in, 31)
    response = signed_in.trace.post("/platform/health", headers={"Referer": referer})

    assert response.headers["Location"] == f"/sso/demo/start?silent=1&next={next_}"


def test_a_fragment_of_no_address_leads_to_the_start(signed_in: Surfer) -> None:
    let_pass(signed_in, 16)
    response = signed_in.trace.get(PAGE, headers={"HX-Request": "true", "HX-Current-URL": "http://["})

    assert response.headers["HX-Redirect"] == "/sso/demo/start?silent=1&next=%2F"


def test_the_pages_calls_of_the_api_end_with_it(signed_in: Surfer) -> None:
    let_pass(signed_in, 16)
    assert signed_in.trace.get("/v1/me").status_code == 200
    let_pass(signed_in, 31)
    response = signed_in.trace.get("/v1/me")

    assert (response.status_code, response.json()["code"]) == (401, "sso_expired")


def test_a_provider_that_is_no_longer_configured_vouches_for_nobody(signed_in: Surfer) -> None:
    let_pass(signed_in, 16)
    with override_settings(SSO_PROVIDERS=()):
        assert signed_in.trace.get(PAGE).headers["Location"] == "/sign-in"
        assert signed_in.trace.get("/v1/me").status_code == 401


def test_signing_out_is_never_in_the_way_of_a_check(signed_in: Surfer) -> None:
    let_pass(signed_in, 60)

    assert "Signing out" in signed_in.trace.post("/sign-out").text
    assert signed_in.trace.get("/v1/me").status_code == 401


def test_a_password_session_is_nobodys_to_check(surfer: Surfer, idp: Idp, member: Persona) -> None:
    surfer.trace.post("/sign-in", {"email": member.person.email, "password": PASSWORD})

    assert "sso" not in surfer.trace.session
    assert surfer.trace.get(PAGE).status_code == 200


def test_a_stranger_cannot_be_sent_on_a_silent_check(surfer: Surfer, idp: Idp) -> None:
    assert "prompt" not in parse_qs(urlsplit(surfer.begin(idp, silent=True)).query)
