"""Sessions that began at a provider are written down like the others, and a silent check is no new sign-in."""

from __future__ import annotations

import pytest

from apps.accounts.models import BrowserSession
from apps.audit.models import Record
from tests.factories import Persona
from tests.fixtures.sso import Idp, Surfer

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("sso")]
PAGE = "/platform/health"


@pytest.fixture
def signed_in(surfer: Surfer, idp: Idp, member: Persona) -> Surfer:
    surfer.sign_in(idp, member.person)
    return surfer


def told() -> list[str]:
    return list(Record.objects.filter(action__startswith="session.").order_by("pk").values_list("action", flat=True))


def test_the_provider_is_written_down_and_told(signed_in: Surfer) -> None:
    assert BrowserSession.objects.get().provider == "demo"
    assert Record.objects.get(action="session.begin").after == {"how": "demo", "browser": "Unknown browser"}


def test_a_silent_check_goes_on_with_the_session(signed_in: Surfer, idp: Idp) -> None:
    before = BrowserSession.objects.get()
    signed_in.follow(signed_in.at_provider(signed_in.begin(idp, next_url=PAGE, silent=True)))

    assert BrowserSession.objects.get() == before
    assert told() == ["session.begin"]


def test_a_silent_check_that_finds_nobody_ends_it(signed_in: Surfer, idp: Idp) -> None:
    idp.restart()
    signed_in.follow(signed_in.at_provider(signed_in.begin(idp, next_url=PAGE, silent=True)))

    assert not BrowserSession.objects.exists()
    assert told() == ["session.begin", "session.end"]


def test_a_silent_check_of_an_ended_session_signs_nobody_in_again(signed_in: Surfer, idp: Idp) -> None:
    BrowserSession.objects.all().delete()

    assert signed_in.trace.get(PAGE).headers["Location"].startswith("/sign-in")
    assert "prompt=none" not in signed_in.begin(idp, next_url=PAGE, silent=True)


def test_signing_out_ends_it(signed_in: Surfer) -> None:
    signed_in.trace.post("/sign-out")

    assert not BrowserSession.objects.exists()


def test_somebody_else_in_the_same_browser_gets_a_session_of_their_own(signed_in: Surfer, idp: Idp, writer: Persona) -> None:
    idp.knows(writer.person)
    signed_in.web.cookies.clear()
    signed_in.sign_in(idp, writer.person)

    assert BrowserSession.objects.get().person == writer.person
    assert told() == ["session.begin", "session.end", "session.begin"]
    assert signed_in.trace.session["sso"]["provider"] == "demo", "it is checked at the provider like any other"
