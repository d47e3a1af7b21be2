"""The Admin pages: what is shown to whom, what a change answers, and that a mistake says how to mend it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client

from apps.audit.domain import Actor
from apps.audit.models import Record
from apps.orgs import services
from apps.orgs.models import Invitation, Membership, Org
from tests.factories import NOON, Persona, make_membership, make_person, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("vault")]
SYSTEM = Actor.system("tests")


def page(client: Client, persona: Persona, path: str = "") -> str:
    sign_in(client, persona.person)
    response = client.get(f"/o/{persona.org.slug}/admin{path}")
    assert response.status_code == 200
    return response.text


def send(client: Client, persona: Persona, path: str, **data: object):  # type: ignore[no-untyped-def]
    sign_in(client, persona.person)
    return client.post(f"/o/{persona.org.slug}/admin/{path}", data, follow=True)


def test_a_reader_sees_who_is_there_and_no_way_to_change_it(client: Client, reader: Persona, admin: Persona) -> None:
    shown = page(client, reader)

    assert admin.person.email in shown
    assert "Invite" not in shown and "<select" not in shown and "Remove" not in shown


@pytest.mark.parametrize(("who", "tabs"), [
    ("reader", ["Members", "Roles", "Effective access", "API tokens", "Personal data", "Quotas"]),
    ("writer", ["Members", "Roles", "Effective access", "API tokens", "Secrets", "Hosts", "Personal data", "Quotas"]),
    ("admin", ["Members", "Roles", "Grants", "Effective access", "API tokens", "Secrets", "Hosts", "Personal data", "Quotas", "Audit log", "Org"]),
])  # fmt: skip
def test_only_tabs_that_open_are_shown(client: Client, who: str, tabs: list[str], request: pytest.FixtureRequest) -> None:
    shown = page(client, request.getfixturevalue(who))
    nav = re.search(r'<nav class="tabs".*?</nav>', shown, re.DOTALL)

    assert nav and re.findall(r">([^<>]+)</a>", nav[0]) == tabs


def test_an_invitation_is_made_shown_and_withdrawn(client: Client, admin: Persona) -> None:
    response = send(client, admin, "members/invite", email="New@Trace.example", role="writer")
    assert (
        "new@trace.example is invited. Who is new to Trace joins at a first single sign-on; who has an account accepts on Home"
        in response.text
    )

    invitation = Invitation.objects.get()
    response = send(client, admin, f"invitations/{invitation.pk}/withdraw")
    assert "is withdrawn" in response.text


@pytest.mark.parametrize(("email", "error"), [("nobody", "Write an e-mail address"), ("", "This field is required")])
def test_a_wrong_invitation_says_what_is_wrong_beside_the_field(client: Client, admin: Persona, email: str, error: str) -> None:
    response = send(client, admin, "members/invite", email=email, role="writer")

    assert response.status_code == 422
    assert re.search(rf'field-error">.*{error}', response.text, re.DOTALL)


def test_a_member_is_changed_and_removed(client: Client, admin: Persona, reader: Persona, org: Org) -> None:
    services.create_role(org, slug="finance", name="", by=SYSTEM)
    send(client, admin, f"members/{reader.person.pk}/change", role="writer", own_roles=["finance"])
    member = Membership.objects.get(person=reader.person)
    assert (member.role.slug, member.own_role_slugs) == ("writer", ["finance"])

    assert "no longer a member" in send(client, admin, f"members/{reader.person.pk}/remove").text
    assert not Membership.objects.filter(person=reader.person).exists()


def test_the_last_admin_is_told_why_not(client: Client, admin: Persona) -> None:
    assert "is the only admin" in send(client, admin, f"members/{admin.person.pk}/remove").text


def test_a_token_is_shown_once_and_never_again(client: Client, reader: Persona) -> None:
    made = send(client, reader, "tokens/create", name="ci", scope="read", days=30)
    text = re.search(r"trace_pat_[\w-]{20,}", made.text)

    assert made.status_code == 201 and text
    assert "no-store" in made.headers["Cache-Control"]
    assert text[0] not in page(client, reader, "/tokens")
    assert Client(headers={"Authorization": f"Bearer {text[0]}"}).get("/v1/me").status_code == 200


def test_a_reader_sees_only_their_own_tokens_and_an_admin_everybodys(client: Client, reader: Persona, admin: Persona) -> None:
    assert admin.person.email not in page(client, reader, "/tokens")
    assert reader.person.email in page(client, admin, "/tokens")


def test_a_secret_never_comes_back_not_even_to_who_typed_it(client: Client, writer: Persona) -> None:
    wrong = send(client, writer, "secrets/write", name="lower", value="the-value-typed")
    right = send(client, writer, "secrets/write", name="API_KEY", value="the-value-typed")

    assert wrong.status_code == 422 and "is not a secret&#x27;s name" in wrong.text
    assert "API_KEY is new" in right.text
    assert "the-value-typed" not in wrong.text + right.text + page(client, writer, "/secrets")


def test_the_audit_log_filters_and_says_what_it_cannot_read(client: Client, admin: Persona, org: Org) -> None:
    services.invite(org, email="one@trace.example", role="reader", by=SYSTEM, now=NOON)
    services.create_role(org, slug="finance", name="", by=SYSTEM)

    assert "finance" not in page(client, admin, "/audit?action=invitation.")
    assert "one@trace.example" in page(client, admin, "/audit?action=invitation.")
    assert "No line of the log has all that the filter asks for" in page(client, admin, "/audit?actor=nobody@trace.example")


def test_a_filter_that_cannot_be_read_shows_no_line_as_if_it_had_been(client: Client, admin: Persona, org: Org) -> None:
    services.create_role(org, slug="finance", name="", by=SYSTEM)
    sign_in(client, admin.person)
    response = client.get(f"/o/{org.slug}/admin/audit?since=yesterday")

    assert response.status_code == 422 and "is a day or an instant with its zone" in response.text
    assert "finance" not in response.text and "audit/export" not in response.text
    assert 'value="yesterday"' in response.text


def test_a_day_means_all_of_it(client: Client, admin: Persona, org: Org) -> None:
    services.create_role(org, slug="finance", name="", by=SYSTEM)
    today = Record.objects.latest("pk").at.date()

    assert "finance" in page(client, admin, f"/audit?since={today}&until={today}")
    assert "finance" not in page(client, admin, f"/audit?until={today - timedelta(days=1)}")


@pytest.mark.parametrize("query", ["", "?actor=+"])
def test_a_log_without_a_line_does_not_blame_a_filter(client: Client, admin: Persona, query: str) -> None:
    shown = page(client, admin, f"/audit{query}")

    assert "Nothing has happened yet" in shown and "the filter asks for" not in shown


def test_the_export_is_every_line_of_the_org_and_no_other(admin: Persona, stranger: Persona, org: Org) -> None:
    for n in range(3):
        services.create_role(org, slug=f"role-{n}", name="", by=SYSTEM)
    services.create_role(stranger.org, slug="theirs", name="", by=SYSTEM)
    response = Client(headers={"Authorization": admin.bearer}).get(f"/v1/orgs/{org.slug}/audit/export")

    lines = b"".join(response).decode().splitlines()
    assert len(lines) == Record.objects.filter(org_id=org.pk).count() == 3
    assert "theirs" not in str(lines)


def test_effective_access_explains_itself(client: Client, admin: Persona, reader: Persona) -> None:
    shown = page(client, admin, f"/access?person={reader.person.pk}")

    assert "This needs the role writer or admin" in shown
    assert "There is no such member" in page(client, admin, "/access?person=nobody")


def test_quotas_show_what_is_used(client: Client, reader: Persona) -> None:
    assert "1 of 500" in page(client, reader, "/quotas")


def test_many_members_are_shown_by_the_page_and_found_by_search(client: Client, admin: Persona) -> None:
    for number in range(60):
        make_membership(admin.org, make_person(f"Member {number:02}"))

    assert "Page 1 of 2" in page(client, admin)
    assert "Member 59" not in page(client, admin) and "Member 59" in page(client, admin, "?page=2")
    assert "Member 59" in page(client, admin, "?q=member+59")
    assert "Nobody matches" in page(client, admin, "?q=zzz%00")


def test_a_secret_written_again_is_rotated_and_a_wrong_name_asks_for_the_value_again(client: Client, writer: Persona) -> None:
    send(client, writer, "secrets/write", name="API_KEY", value="one")

    assert "API_KEY is rotated: version 2" in send(client, writer, "secrets/write", name="API_KEY", value="two").text
    assert "type it again" in send(client, writer, "secrets/write", name="wrong name", value="three").text
    assert 'value="API_KEY"' in page(client, writer, "/secrets?name=API_KEY")


def test_a_refused_form_says_so_first(client: Client, admin: Persona) -> None:
    refused = send(client, admin, "members/invite", email="nobody", role="writer").text

    assert "<title>Error: Members" in refused and 'role="alert"' in refused and 'aria-invalid="true"' in refused
    assert "<title>Members" in page(client, admin)


def test_an_admin_renames_the_org(client: Client, admin: Persona, org: Org) -> None:
    assert "is called New name now" in send(client, admin, "org/rename", name="New name").text
    assert "This field is required" in send(client, admin, "org/rename", name="").text


def test_the_palette_knows_the_pages_that_open(client: Client, admin: Persona, reader: Persona) -> None:
    assert "Admin: audit log" in page(client, admin)
    assert "Admin: audit log" not in page(client, reader)
