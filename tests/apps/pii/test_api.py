"""The API of personal data: its shapes, its filters, and who gets to see what."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.orgs.models import ApiToken, Membership, Org
from apps.pii.models import ColumnClassification, PiiGrant
from tests.apps.pii.makers import PURPOSE, make_classified, make_grant, make_request
from tests.factories import Persona, make_persona

pytestmark = pytest.mark.django_db
MASKED = {"kind": "email", "handling": "mask", "mask": "hash"}


class Api:
    def __init__(self, persona: Persona, org: Org | None = None) -> None:
        self._client = Client(headers={"Authorization": persona.bearer})
        self._base = f"/v1/orgs/{(org or persona.org).slug}/pii/"

    def __call__(self, method: str, path: str, body: Any = None, **query: Any) -> tuple[int, Any]:
        send = getattr(self._client, method)
        answer = send(self._base + path, query) if method == "get" else send(self._base + path, body or {}, "application/json")
        return answer.status_code, answer.json() if answer.content else None


def wish(**other: Any) -> dict[str, Any]:
    until = (timezone.now() + timedelta(days=10)).isoformat()
    return {"dataset": "customers", "columns": ["email"], "purpose": PURPOSE, "expires_at": until} | other


def test_a_column_is_classified_changed_listed_and_declassified(admin: Persona, reader: Persona) -> None:
    api = Api(admin)
    status, made = api("put", "classifications/customers/Email", MASKED)
    assert (status, made["column"], made["mask"], made["classified_by"]) == (200, "email", "hash", admin.person.email)
    status, changed = api("put", "classifications/customers/email", {"kind": "other", "handling": "refuse", "note": "Why."})
    assert (status, changed["mask"], changed["note"]) == (200, None, "Why.")

    api("put", "classifications/orders/phone", MASKED)
    status, listed = Api(reader)("get", "classifications", dataset="Customers")
    assert [(row["dataset"], row["column"]) for row in listed["results"]] == [("customers", "email")]

    assert api("delete", "classifications/customers/EMAIL") == (204, None)
    status, gone = api("delete", "classifications/customers/email")
    assert (status, gone["code"]) == (404, "pii_not_classified")
    assert ColumnClassification.objects.count() == 1


@pytest.mark.parametrize(("body", "status", "code"), [
    ({}, 400, "bad_input"),
    ({"kind": "email", "handling": "mask"}, 422, "pii_bad_mask"),
    ({"kind": "email", "handling": "refuse", "mask": "hash"}, 422, "pii_bad_mask"),
    ({"kind": "shoe", "handling": "refuse"}, 400, "bad_input"),
])  # fmt: skip
def test_a_classification_that_makes_no_sense_is_refused(admin: Persona, body: Any, status: int, code: str) -> None:
    answer = Api(admin)("put", "classifications/customers/email", body)

    assert (answer[0], answer[1]["code"]) == (status, code)


def test_a_list_pages_to_its_end(admin: Persona, org: Org) -> None:
    make_classified(org, "a", "b", "c")
    api, seen, cursor = Api(admin), [], ""
    while cursor is not None:
        _, page = api("get", "classifications", limit=2, **({"cursor": cursor} if cursor else {}))
        seen += [row["column"] for row in page["results"]]
        cursor = page["next"]

    assert sorted(seen) == ["a", "b", "c"]


def test_a_request_is_made_approved_and_revoked(org: Org, admin: Persona, reader: Persona) -> None:
    make_classified(org, "email")
    status, asked = Api(reader)("post", "grants", wish())
    assert (status, asked["state"], asked["person"], asked["columns"]) == (201, "waiting", reader.person.email, ["email"])

    status, approved = Api(admin)("post", f"grants/{asked['id']}/approve", {"note": "Case 12."})
    assert (status, approved["state"], approved["decided_by"]) == (200, "living", admin.person.email)
    assert Api(reader)("get", f"grants/{asked['id']}")[1]["decision_note"] == "Case 12."
    status, revoked = Api(admin)("post", f"grants/{asked['id']}/revoke")
    assert (status, revoked["state"], revoked["revoked_by"]) == (200, "revoked", admin.person.email)
    status, closed = Api(admin)("post", f"grants/{asked['id']}/revoke")
    assert (status, closed["code"], closed["detail"]) == (409, "pii_grant_closed", {"state": "revoked"})


def test_the_only_admin_cannot_approve_their_own_request(org: Org, admin: Persona) -> None:
    make_classified(org, "email")
    _, asked = Api(admin)("post", "grants", wish())

    status, refused = Api(admin)("post", f"grants/{asked['id']}/approve")
    assert (status, refused["code"]) == (403, "pii_self_approval")
    assert Api(admin)("post", f"grants/{asked['id']}/withdraw")[1]["state"] == "withdrawn"


@pytest.mark.parametrize(("other", "status", "code"), [
    ({"purpose": "  "}, 422, "purpose_needed"),
    ({"expires_at": "2020-01-01T00:00:00Z"}, 422, "pii_expiry_past"),
    ({"expires_at": "2999-01-01T00:00:00Z"}, 422, "pii_expiry_too_far"),
    ({"columns": ["amount"]}, 422, "pii_not_classified"),
    ({"columns": []}, 422, "pii_columns_needed"),
    ({"role": "finance"}, 404, "unknown_role"),
    ({"person": "00000000-0000-0000-0000-000000000000"}, 404, "unknown_member"),
    ({"role": "reader", "dag": "hot", "job": "load"}, 400, "pii_one_grantee"),
    ({"dag": "hot"}, 422, "pii_bad_job"),
    ({"dataset": "No"}, 422, "pii_not_classified"),
])  # fmt: skip
def test_a_request_says_what_is_wrong_with_it(org: Org, admin: Persona, other: Any, status: int, code: str) -> None:
    make_classified(org, "email")
    answer = Api(admin)("post", "grants", wish(**other))

    assert (answer[0], answer[1]["code"]) == (status, code)
    assert not PiiGrant.objects.exists()


def test_asking_for_a_role_or_a_job_is_the_admins(org: Org, admin: Persona, writer: Persona) -> None:
    make_classified(org, "email")
    assert Api(writer)("post", "grants", wish(role="reader"))[0] == 403
    assert Api(writer)("post", "grants", wish(person=str(writer.person.pk)))[0] == 201

    assert Api(admin)("post", "grants", wish(role="reader"))[1]["role"] == "reader"
    _, made = Api(admin)("post", "grants", wish(dag="hot", job="load", columns=None))
    assert (made["dag"], made["job"], made["columns"], made["person"]) == ("hot", "load", None, None)


def test_a_reader_sees_what_concerns_them_and_an_admin_everything(org: Org, admin: Persona) -> None:
    make_classified(org, "email")
    analyst = make_persona("reader", org=org, own_roles=("finance",))
    now = timezone.now()
    Membership.objects.filter(org=org).update(created_at=now - timedelta(days=1))
    theirs = [
        make_request(analyst, now=now),
        make_grant(org, analyst.person, now=now),
        make_grant(org, org.roles.get(slug="finance"), now=now),
    ]
    others = make_request(make_persona("reader", org=org), now=now)

    def seen(persona: Persona, **query: str) -> set[str]:
        return {row["id"] for row in Api(persona)("get", "grants", **query)[1]["results"]}

    assert seen(analyst) == {str(grant.pk) for grant in theirs}
    assert seen(admin) == {str(grant.pk) for grant in [*theirs, others]}
    assert seen(admin, stage="waiting") == {str(theirs[0].pk), str(others.pk)}
    assert seen(analyst, stage="living", dataset="Customers") == {str(theirs[1].pk), str(theirs[2].pk)}
    assert seen(admin, dataset="orders") == seen(admin, stage="ended") == set()
    assert Api(analyst)("get", f"grants/{others.pk}")[1]["code"] == "unknown_pii_grant"
    assert Api(analyst)("get", "grants", stage="asleep")[1]["code"] == "bad_filter"


def test_another_orgs_grant_is_unknown(org: Org, stranger: Persona, reader: Persona) -> None:
    make_classified(org, "email")
    grant = make_request(reader, now=timezone.now())

    assert Api(stranger)("post", f"grants/{grant.pk}/approve")[1]["code"] == "unknown_pii_grant"
    assert Api(stranger, org)("post", f"grants/{grant.pk}/approve")[1]["code"] == "unknown_org"


def test_access_is_explained_for_oneself_a_member_a_role_and_a_job(org: Org, admin: Persona, reader: Persona) -> None:
    make_classified(org, "email", "phone")
    now = timezone.now()
    grant = make_grant(org, reader.person, now=now)
    status, own = Api(reader)("get", "access", dataset="customers", columns="email, amount ,phone")

    assert (status, own["who"]) == (200, reader.person.email)
    assert [(row["column"], row["outcome"]) for row in own["columns"]] == [
        ("email", "clear"), ("amount", "clear"), ("phone", "masked"),
    ]  # fmt: skip
    assert (own["columns"][0]["grant"], own["columns"][2]["mask"]) == (str(grant.pk), "hash")

    api, about = Api(admin), {"dataset": "customers"}
    for named, who in (
        ({"person": str(reader.person.pk)}, reader.person.email), ({"role": "reader"}, "role reader"),
        ({"dag": "hot", "job": "load"}, "job hot.load"),
    ):  # fmt: skip
        status, answer = api("get", "access", **about, **named)
        assert (status, answer["who"], [row["column"] for row in answer["columns"]]) == (200, who, ["email", "phone"])


@pytest.mark.parametrize(("query", "status", "code"), [
    ({}, 400, "missing_parameter"), ({"dataset": "no name"}, 422, "pii_bad_dataset"),
    ({"dataset": "customers", "person": "me"}, 404, "unknown_member"),
    ({"dataset": "customers", "role": "reader", "dag": "hot", "job": "load"}, 400, "pii_one_grantee"),
    ({"dataset": "customers", "columns": "c," * 1001}, 400, "pii_too_many_columns"),
    ({"dataset": "customers", "role": "no-such"}, 404, "unknown_role"),
])  # fmt: skip
def test_an_explanation_says_what_it_needs(admin: Persona, query: Any, status: int, code: str) -> None:
    answer = Api(admin)("get", "access", **query)

    assert (answer[0], answer[1]["code"]) == (status, code)


def test_a_reader_is_not_told_about_others(org: Org, reader: Persona, admin: Persona) -> None:
    answer = Api(reader)("get", "access", dataset="customers", person=str(admin.person.pk))

    assert (answer[0], answer[1]["detail"]) == (403, {"action": "pii.view_all"})


@pytest.mark.parametrize(
    ("scope", "allowed"), [("read", [200, 403, 403, 403]), ("write", [200, 201, 403, 403]), ("admin", [200, 201, 200, 200])]
)
def test_a_token_changes_only_what_its_scope_covers(
    org: Org, admin: Persona, reader: Persona, scope: str, allowed: list[int]
) -> None:
    make_classified(org, "email")
    request = make_request(reader, now=timezone.now())
    ApiToken.objects.filter(membership__person=admin.person).update(scope=scope)
    api = Api(admin)

    answers = [
        api("get", "grants"), api("post", "grants", wish()), api("put", "classifications/customers/phone", MASKED),
        api("post", f"grants/{request.pk}/approve"),
    ]  # fmt: skip
    assert [status for status, _ in answers] == allowed
    # What one may read with a token for reading is not less.
    assert str(request.pk) in {row["id"] for row in answers[0][1]["results"]}
