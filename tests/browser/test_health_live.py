"""The health page keeps itself up to date, and tells when it cannot."""

from __future__ import annotations

from playwright.sync_api import Route, expect

from apps.outbox.domain import State
from apps.outbox.models import Message
from tests.factories import Persona
from tests.fixtures.browser import Visit

REFRESH = "document.getElementById('health').dispatchEvent(new CustomEvent('trace:refresh'))"


def test_a_replay_changes_the_row_where_it_stands(visit: Visit, staff: Persona, dead_letter: Message) -> None:
    page = visit(staff).go("/platform/health")
    page.get_by_role("button", name="Replay alert.deliver").click()

    expect(page.get_by_text("Replayed: it is pending again.").first).to_be_visible()
    dead_letter.refresh_from_db()
    assert dead_letter.state == State.PENDING


def test_a_replay_that_somebody_else_did_first_is_told_in_a_note(visit: Visit, staff: Persona, dead_letter: Message) -> None:
    visitor = visit(staff)
    page = visitor.go("/platform/health")
    Message.objects.update(state=State.PENDING)
    visitor.expect(f"/platform/outbox/{dead_letter.pk}/replay", 409)
    page.get_by_role("button", name="Replay alert.deliver").click()

    expect(page.locator(".toast-failed")).to_contain_text("Only a failed message can be replayed")


def test_the_page_refreshes_itself(visit: Visit, staff: Persona) -> None:
    page = visit(staff).go("/platform/health")
    Message.objects.create(kind="made.later", payload={}, state=State.FAILED)
    page.evaluate(REFRESH)

    expect(page.get_by_role("button", name="Replay made.later")).to_be_visible()


def test_it_polls_without_being_asked(visit: Visit, staff: Persona) -> None:
    page = visit(staff).go("/platform/health")

    with page.expect_response("**/platform/health", timeout=9_000) as polled:
        pass
    assert polled.value.request.headers["hx-request"] == "true"


def test_a_refresh_keeps_the_focus(visit: Visit, staff: Persona, dead_letter: Message) -> None:
    page = visit(staff).go("/platform/health")
    button = page.get_by_role("button", name="Replay alert.deliver")
    button.focus()
    with page.expect_response("**/platform/health"):
        page.evaluate(REFRESH)

    expect(button).to_be_focused()


def test_when_trace_does_not_answer_the_page_says_that_it_is_old(visit: Visit, staff: Persona) -> None:
    visitor = visit(staff)
    page = visitor.go("/platform/health")
    visitor.expect("/platform/health", 503)

    def unavailable(route: Route) -> None:
        route.fulfill(status=503, body="<p>away</p>", content_type="text/html")

    page.route("**/platform/health", unavailable)
    page.evaluate(REFRESH)
    expect(page.get_by_text("these numbers are old")).to_be_visible()
    expect(page.get_by_role("heading", name="Servers")).to_be_visible()

    page.unroute("**/platform/health")
    page.evaluate(REFRESH)
    expect(page.get_by_text("these numbers are old")).to_be_hidden()


def test_a_session_that_ended_leads_to_sign_in_and_back(visit: Visit, staff: Persona) -> None:
    page = visit(staff).go("/platform/health")
    page.context.clear_cookies(name="trace_session")
    page.evaluate(REFRESH)

    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    assert page.url.endswith("/sign-in?next=%2Fplatform%2Fhealth")
