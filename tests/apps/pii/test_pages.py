"""The pages of personal data: what is shown to whom, what a change answers, and that a mistake says how to mend it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.orgs.models import Membership, Org
from apps.pii import services
from apps.pii.models import ColumnClassification, PiiGrant
from tests.apps.pii.makers import PURPOSE, make_classified, make_grant, make_request
from tests.factories import Persona, acting, make_persona, sign_in

pytestmark = pytest.mark.django_db
WISH = {"dataset": "customers", "columns": "email", "purpose": PURPOSE, "days": 10}


def page(client: Client, persona: Persona, path: str = "", **query: Any) -> str:
    sign_in(client, persona.person)
    response = client.get(f"/o/{persona.org.slug}/admin/pii{path}", query)
    assert response.status_code == 200
    return response.text


def send(client: Client, persona: Persona, path: str, **data: object):  # type: ignore[no-untyped-def]
    sign_in(client, persona.person)
    return client.post(f"/o/{persona.org.slug}/admin/pii/{path}", data, follow=True)


@pytest.mark.parametrize("path", ["", "/columns", "/access"])
@pytest.mark.parametrize("who", ["reader", "admin"])
def test_with_nothing_there_every_page_teaches(client: Client, request: pytest.FixtureRequest, who: str, path: str) -> None:
    shown = page(client, request.getfixturevalue(who), path)

    assert {"": "Nothing to ask for", "/columns": "No column is classified", "/access": "Who may see this column and why"}[
        path
    ] in shown


def test_a_reader_sees_the_columns_and_no_way_to_change_them(client: Client, reader: Persona, org: Org) -> None:
    make_classified(org, "email")
    shown = page(client, reader, "/columns")

    assert "email" in shown and "mask: a hash" in shown
    assert "<select" not in shown and "Classify" not in shown.replace("Classified", "") and "Remove" not in shown


def test_what_was_said_of_a_column_stays_to_be_read_by_admins(client: Client, admin: Persona, reader: Persona, org: Org) -> None:
    (row,) = make_classified(org, "email")
    services.declassify(row, by=acting(admin))

    assert re.search(
        "customers.email is no longer classified.*customers.email is classified as email: others get a hash",
        page(client, admin, "/columns"),
        re.DOTALL,
    )
    assert "pii.declassify" not in page(client, reader, "/columns")


def test_a_column_is_classified_changed_and_removed(client: Client, admin: Persona) -> None:
    shown = send(client, admin, "columns/classify", dataset="customers", column="Email", kind="email", handling="hash", note="")
    assert "email of customers is closed now" in shown.text
    row = ColumnClassification.objects.get()
    assert (row.handling, row.mask) == ("mask", "hash")

    send(client, admin, f"columns/{row.pk}/reclassify", kind="other", handling="refuse", note="Why.")
    row.refresh_from_db()
    assert (row.kind, row.handling, row.mask, row.note) == ("other", "refuse", "", "Why.")
    assert "sees email in the clear from the next query on" in page(client, admin, "/columns")

    assert "no longer classified" in send(client, admin, f"columns/{row.pk}/declassify").text
    assert not ColumnClassification.objects.exists()


@pytest.mark.parametrize(("wrong", "error"), [
    ({"dataset": "No such"}, "is not a dataset&#x27;s name"),
    ({"column": "a/b"}, "is not a column&#x27;s name"),
    ({"column": "EMAIL"}, "is classified already"),
    ({"kind": "shoe"}, "Select a valid choice"),
])  # fmt: skip
def test_a_wrong_classification_says_so_beside_the_field(
    client: Client, admin: Persona, org: Org, wrong: dict[str, str], error: str
) -> None:
    make_classified(org, "email")
    given = {"dataset": "customers", "column": "phone", "kind": "phone", "handling": "refuse"} | wrong
    response = send(client, admin, "columns/classify", **given)

    assert response.status_code == 422
    assert re.search(rf'field-error">.*{re.escape(error)}', response.text, re.DOTALL)


def test_a_wrong_change_of_a_column_says_so(client: Client, admin: Persona, org: Org) -> None:
    (row,) = make_classified(org, "email")

    assert "Choose a kind" in send(client, admin, f"columns/{row.pk}/reclassify", kind="shoe", handling="hash").text


def test_another_orgs_column_is_not_there(client: Client, stranger: Persona, org: Org) -> None:
    (row,) = make_classified(org, "email")

    assert send(client, stranger, f"columns/{row.pk}/declassify").status_code == 404
    assert ColumnClassification.objects.exists()


def test_a_request_is_made_seen_and_withdrawn(client: Client, reader: Persona, admin: Persona, org: Org) -> None:
    make_classified(org, "email")
    assert "Asked for email of customers" in send(client, reader, "request", **WISH).text
    grant = PiiGrant.objects.get()
    assert "Withdraw" in page(client, reader) and "Approve" not in page(client, reader)
    waiting = page(client, admin)
    assert PURPOSE in waiting and "Withdraw" not in waiting
    assert f"{reader.person.email} sees email of customers in the clear, for: {PURPOSE}" in waiting

    assert "is withdrawn" in send(client, reader, f"grants/{grant.pk}/withdraw").text
    assert "Withdrawn" in page(client, reader)


def test_a_request_is_approved_and_the_grant_revoked(client: Client, reader: Persona, admin: Persona, org: Org) -> None:
    make_classified(org, "email")
    grant = make_request(reader, now=timezone.now())

    assert "in the clear until" in send(client, admin, f"grants/{grant.pk}/approve", note="Case 12.").text
    living = page(client, admin)
    assert "is masked or refused to them again" in living
    assert "Revoke" not in page(client, reader) and admin.person.email in page(client, reader)

    assert "no longer sees" in send(client, admin, f"grants/{grant.pk}/revoke").text
    assert "Revoked" in page(client, reader) and "Case 12." in page(client, reader)


def test_a_refusal_shows_its_reason_to_who_asked(client: Client, reader: Persona, admin: Persona, org: Org) -> None:
    make_classified(org, "email")
    grant = make_request(reader, now=timezone.now())
    send(client, admin, f"grants/{grant.pk}/refuse", note="Use the hash.")

    shown = page(client, reader)
    assert "Refused" in shown and "Use the hash." in shown and admin.person.email in shown


def test_an_admin_is_told_why_they_cannot_decide_on_their_own(client: Client, admin: Persona, org: Org) -> None:
    make_classified(org, "email")
    grant = make_request(admin, now=timezone.now())
    shown = page(client, admin)

    assert "Another admin must decide" in shown and f"approve-{grant.pk}" not in shown
    assert "another admin must decide on it" in send(client, admin, f"grants/{grant.pk}/approve").text
    grant.refresh_from_db()
    assert grant.decision is None


def test_an_admin_does_not_approve_what_is_for_a_role_of_theirs(client: Client, org: Org) -> None:
    make_classified(org, "email")
    holder = make_persona("admin", org=org, own_roles=("finance",))
    grant = make_request(make_persona("admin", org=org), org.roles.get(slug="finance"), now=timezone.now())
    shown = page(client, holder)

    assert "as you hold the role" in shown and f"approve-{grant.pk}" not in shown and f"refuse-{grant.pk}" in shown


def test_an_admin_does_not_approve_what_is_for_them(client: Client, admin: Persona, org: Org) -> None:
    make_classified(org, "email")
    grant = make_request(make_persona("admin", org=org), admin.person, now=timezone.now())
    shown = page(client, admin)

    assert "another admin must approve" in shown and f"approve-{grant.pk}" not in shown and f"refuse-{grant.pk}" in shown


@pytest.mark.parametrize(("wrong", "error"), [
    ({"purpose": "because"}, "at least 3 words"),
    ({"days": 366}, "less than or equal to 365"),
    ({"columns": "amount"}, "Not classified in"),
    ({"dataset": "orders"}, "Select a valid choice"),
    ({"whose": "job"}, "name its DAG"),
    ({"dag": "hot", "job": "load"}, "name its DAG"),
    ({"whose": "job", "dag": "Hot", "job": "load"}, "A job is named by"),
    ({"whose": "person:nobody"}, "Select a valid choice"),
])  # fmt: skip
def test_a_wrong_request_says_so_beside_the_field(
    client: Client, admin: Persona, org: Org, wrong: dict[str, object], error: str
) -> None:
    make_classified(org, "email")
    response = send(client, admin, "request", **(WISH | wrong))

    assert response.status_code == 422
    assert re.search(rf'field-error">.*{error}', response.text, re.DOTALL)
    assert not PiiGrant.objects.exists()


def test_the_same_request_again_is_told_above_the_form(client: Client, reader: Persona, org: Org) -> None:
    make_classified(org, "email")
    send(client, reader, "request", **WISH)

    assert "You have asked for this already" in send(client, reader, "request", **WISH).text


@pytest.mark.parametrize(("whose", "grantee"), [
    ("role:reader", "role reader"), ("job", "job hot.load"), ("", "pat"),
])  # fmt: skip
def test_an_admin_asks_for_a_role_a_job_or_themself(client: Client, admin: Persona, org: Org, whose: str, grantee: str) -> None:
    make_classified(org, "email")
    job = {"dag": "hot", "job": "load"} if whose == "job" else {}
    send(client, admin, "request", **WISH, whose=whose, **job)

    assert PiiGrant.objects.get().grantee.startswith(grantee)


def test_a_reader_cannot_slip_another_grantee_into_the_form(client: Client, reader: Persona, admin: Persona, org: Org) -> None:
    make_classified(org, "email")
    send(client, reader, "request", **WISH, whose=f"person:{admin.person.pk}", dag="hot", job="load")

    assert PiiGrant.objects.get().person == reader.person


def test_a_reader_does_not_see_what_is_others(client: Client, reader: Persona, org: Org) -> None:
    make_classified(org, "email")
    others = make_grant(org, make_persona("writer", org=org).person, now=timezone.now())

    assert str(others.pk) not in page(client, reader)
    assert others.grantee not in page(client, reader, "/access", dataset="customers")
    assert send(client, reader, f"grants/{others.pk}/withdraw").status_code == 404


def test_a_link_from_a_closed_column_fills_the_form(client: Client, reader: Persona, org: Org) -> None:
    make_classified(org, "email", dataset="customers")
    make_classified(org, "phone", dataset="orders")
    shown = page(client, reader, dataset="orders", columns="phone")

    assert '<option value="orders" selected>' in shown and 'value="phone"' in shown


def test_the_explainer_answers_for_anybody_to_an_admin(client: Client, admin: Persona, reader: Persona, org: Org) -> None:
    make_classified(org, "email", "phone")
    make_grant(org, reader.person, now=timezone.now())
    of_reader = page(client, admin, "/access", dataset="customers", whose=f"person:{reader.person.pk}")
    of_job = page(client, admin, "/access", dataset="customers", whose="job", dag="hot", job="load", columns="phone")

    assert ("Clear" in of_reader, "Masked" in of_reader, PURPOSE in of_reader) == (True, True, True)
    assert ("Clear" in of_job, "Masked" in of_job) == (False, True)
    assert "No living grant opens these columns" in of_job


def test_the_explainer_answers_a_reader_for_themself_and_leads_on(client: Client, reader: Persona, org: Org) -> None:
    make_classified(org, "email")
    shown = page(client, reader, "/access", dataset="customers")

    assert "Masked" in shown and "Everybody who is let in" not in shown
    assert "?dataset=customers&columns=email#request" in shown


def test_the_explainer_says_what_it_cannot_answer(client: Client, admin: Persona, org: Org) -> None:
    make_classified(org, "email")

    assert "A job is named by" in page(client, admin, "/access", dataset="customers", whose="job", dag="?", job="?")
    assert "Select a valid choice" in page(client, admin, "/access", dataset="nothing")


def test_a_grant_of_who_has_left_is_shown_as_opening_nothing(client: Client, admin: Persona, reader: Persona, org: Org) -> None:
    make_classified(org, "email")
    make_grant(org, reader.person, now=timezone.now())
    assert "opens nothing" not in page(client, admin)
    Membership.objects.filter(person=reader.person).delete()

    assert "opens nothing" in page(client, admin)
    assert "opens nothing" in page(client, admin, "/access", dataset="customers")


def test_a_column_with_a_wild_name_is_shown_as_it_is(client: Client, admin: Persona, org: Org) -> None:
    make_classified(org, '"><script>x</script'.replace("/", ""))
    services.approve(
        make_request(make_persona("admin", org=org), org.roles.get(slug="reader"), columns=None, now=timezone.now()),
        by=acting(admin), now=timezone.now(),
    )  # fmt: skip

    for path in ("", "/columns", "/access"):
        assert "<script>x" not in page(client, admin, path, **({"dataset": "customers"} if path == "/access" else {}))
