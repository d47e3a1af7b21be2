"""axe finds nothing, on any page, in both themes, with the overlays open."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.audit.domain import Actor
from apps.dispatch.models import Probe, Worker
from apps.orgs import services
from apps.orgs.models import Org
from apps.outbox.models import Message
from apps.pii import services as pii
from apps.platform.config import Config
from apps.vault.domain import Namespace
from apps.vault.services import set_secret
from tests.apps.pii.makers import make_classified, make_grant, make_request
from tests.factories import Persona, acting, make_org, make_person, make_persona
from tests.fixtures.browser import Visit
from tests.grantable.models import Paper

both_themes = pytest.mark.parametrize("theme", ["light", "dark"])
# Lines that open an overlay of the frame, and what is then seen.
OVERLAYS = {
    "palette": ("Control+k", "#palette"),
    "keys": ("?", "#keys"),
}


@both_themes
def test_sign_in(visit: Visit, theme: str) -> None:
    visitor = visit(theme=theme)
    visitor.go("/sign-in")

    assert visitor.axe() == []


@both_themes
def test_sign_in_with_a_wrong_password(visit: Visit, theme: str) -> None:
    visitor = visit(theme=theme)
    page = visitor.go("/sign-in")
    page.get_by_label("E-mail").fill("nobody@trace.example")
    page.get_by_label("Password").fill("wrong")
    visitor.expect("/sign-in", 422)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("alert").wait_for()

    assert visitor.axe() == []


@both_themes
def test_home_with_nothing_to_do(visit: Visit, reader: Persona, theme: str) -> None:
    visitor = visit(reader, theme=theme)
    visitor.go(f"/o/{reader.org.slug}/")

    assert visitor.axe() == []


@both_themes
def test_home_with_needs(visit: Visit, staff: Persona, dead_letter: Message, late_probe: Probe, theme: str) -> None:
    visitor = visit(staff, theme=theme)
    page = visitor.go(f"/o/{staff.org.slug}/")
    page.get_by_text("1 message failed for good").wait_for()

    assert visitor.axe() == []


@both_themes
@pytest.mark.parametrize("section", ["sql"])
def test_a_section_that_is_not_built(visit: Visit, reader: Persona, section: str, theme: str) -> None:
    visitor = visit(reader, theme=theme)
    visitor.go(f"/o/{reader.org.slug}/{section}", status=501)

    assert visitor.axe() == []


@both_themes
def test_health_with_everything_on_it(
    visit: Visit, staff: Persona, dead_letter: Message, late_probe: Probe, worker: Worker, theme: str
) -> None:
    visitor = visit(staff, theme=theme)
    visitor.go("/platform/health")

    assert visitor.axe() == []


@both_themes
def test_health_with_nothing_yet(visit: Visit, reader: Persona, theme: str) -> None:
    visitor = visit(reader, theme=theme)
    visitor.go("/platform/health")

    assert visitor.axe() == []


@both_themes
def test_somebody_without_an_org(visit: Visit, theme: str, db: None) -> None:
    person = make_person()
    visitor = visit(Persona(person, make_org(), token=""), theme=theme)
    visitor.go("/")

    assert visitor.axe() == []


@both_themes
def test_an_error_page(visit: Visit, theme: str) -> None:
    visitor = visit(theme=theme)
    visitor.go("/no/such/page", status=404)

    assert visitor.axe() == []


@both_themes
def test_the_component_gallery(visit: Visit, reader: Persona, theme: str) -> None:
    visitor = visit(reader, theme=theme)
    visitor.go("/gallery/")

    assert visitor.axe() == []


@both_themes
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_an_open_dialog(visit: Visit, reader: Persona, overlay: str, theme: str) -> None:
    key, selector = OVERLAYS[overlay]
    visitor = visit(reader, theme=theme)
    page = visitor.go(f"/o/{reader.org.slug}/")
    page.keyboard.press(key)
    page.locator(selector).wait_for()

    assert visitor.axe() == []


@both_themes
@pytest.mark.parametrize("menu", ["org-menu", "person-menu"])
def test_an_open_menu(visit: Visit, reader: Persona, menu: str, theme: str) -> None:
    visitor = visit(reader, theme=theme)
    page = visitor.go(f"/o/{reader.org.slug}/")
    page.locator(f"[popovertarget={menu}]").click()
    page.locator(f"#{menu}").wait_for()

    assert visitor.axe() == []


@both_themes
def test_the_drawer_of_a_narrow_screen(visit: Visit, reader: Persona, theme: str) -> None:
    visitor = visit(reader, theme=theme, width=390)
    page = visitor.go(f"/o/{reader.org.slug}/")
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("link", name="Catalog").wait_for()

    assert visitor.axe() == []


ADMIN = [
    "", "/roles", "/grants", "/access", "/tokens", "/secrets", "/quotas", "/audit", "/pii", "/pii/columns", "/pii/access?dataset=customers",
]  # fmt: skip


@both_themes
@pytest.mark.parametrize("path", ADMIN)
def test_an_admin_page_with_something_on_it(visit: Visit, staff: Persona, vault: Config, path: str, theme: str) -> None:
    fill(staff.org, vault)
    visitor = visit(staff, theme=theme)
    visitor.go(f"/o/{staff.org.slug}/admin{path}")

    assert visitor.axe() == []


@both_themes
@pytest.mark.parametrize("path", ["/pii", "/pii/columns", "/pii/access"])
def test_the_pages_of_personal_data_with_nothing_on_them(visit: Visit, reader: Persona, path: str, theme: str) -> None:
    visitor = visit(reader, theme=theme)
    visitor.go(f"/o/{reader.org.slug}/admin{path}")

    assert visitor.axe() == []


@both_themes
def test_a_request_for_access_that_is_wrong(visit: Visit, reader: Persona, theme: str) -> None:
    make_classified(reader.org, "email")
    visitor = visit(reader, theme=theme)
    page = visitor.go(f"/o/{reader.org.slug}/admin/pii")
    page.get_by_label("Purpose").fill("because")
    visitor.expect(f"/o/{reader.org.slug}/admin/pii/request", 422)
    page.get_by_role("button", name="Request access").click()
    page.locator(".field-error").wait_for()

    assert visitor.axe() == []


@both_themes
@pytest.mark.parametrize("question", ["Approve", "Refuse", "Revoke"])
def test_the_question_before_a_decision_on_personal_data(
    visit: Visit, staff: Persona, vault: Config, question: str, theme: str
) -> None:
    fill(staff.org, vault)
    visitor = visit(staff, theme=theme)
    page = visitor.go(f"/o/{staff.org.slug}/admin/pii")
    page.get_by_role("button", name=question, exact=True).click()
    page.get_by_role("dialog").wait_for()

    assert visitor.axe() == []


@both_themes
def test_the_question_before_somebody_is_removed(visit: Visit, staff: Persona, reader: Persona, theme: str) -> None:
    visitor = visit(staff, theme=theme)
    page = visitor.go(f"/o/{staff.org.slug}/admin")
    page.locator(f"#member-{reader.person.pk}").get_by_role("button", name="Remove").click()
    page.get_by_role("dialog").wait_for()

    assert visitor.axe() == []


def fill(org: Org, config: Config) -> None:
    by = Actor.system("tests")
    services.create_role(org, slug="finance", name="Finance", by=by)
    services.invite(org, email="new@trace.example", role="reader", by=by, now=timezone.now())
    set_secret(org, namespace=Namespace.USER, name="API_KEY", value="some-value", by=by, config=config)
    elsewhere = make_org("Far away")
    share(Paper.objects.create(org=org, title="Mempool"), role="finance")
    share(Paper.objects.create(org=org, title="Blobs"), org=elsewhere.slug)
    share(Paper.objects.create(org=elsewhere, title="Validators"), org=org.slug)
    make_classified(org, "email", "phone")
    role = org.roles.get(slug="reader")
    make_grant(org, role, now=timezone.now())
    make_request(make_persona("admin", org=org), role, columns=None, now=timezone.now())
    pii.withdraw(
        make_request(asking := make_persona("reader", org=org), now=timezone.now()), by=acting(asking), now=timezone.now()
    )


def share(thing: Paper, **to: str) -> None:
    now = timezone.now()
    services.grant(
        thing,
        to=to,
        level="view",
        purpose="joint research",
        expires_at=now + timedelta(days=30),
        by=Actor.system("tests"),
        now=now,
    )
