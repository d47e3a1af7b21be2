"""Personal access tokens: shown once, kept as a digest, cut down, expiring, revocable."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from apps.audit.models import Record
from apps.orgs import services
from apps.orgs.models import ApiToken
from tests.factories import NOON, Persona, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(admin: Persona) -> Client:
    return Client(headers={"Authorization": admin.bearer})


def make(persona: Persona, **body: object):  # type: ignore[no-untyped-def]
    browser = Client()
    sign_in(browser, persona.person)
    return browser.post(f"/v1/orgs/{persona.org.slug}/tokens", {"name": "ci", **body}, content_type="application/json")


def test_the_text_is_shown_once_and_kept_nowhere(api: Client, admin: Persona) -> None:
    made = make(admin, scope="read", days=30).json()
    listed = api.get(f"/v1/orgs/{admin.org.slug}/tokens").text

    assert made["token"].startswith("trace_pat_")
    assert made["token"] not in listed and made["token"] not in str(list(Record.objects.values()))
    assert Client(headers={"Authorization": f"Bearer {made['token']}"}).get("/v1/me").status_code == 200


@pytest.mark.parametrize(("body", "code"), [
    ({"scope": "root"}, "unknown_scope"), ({"days": 0}, "bad_expiry"), ({"days": 400}, "bad_expiry"), ({"name": " "}, "bad_input"),
])  # fmt: skip
def test_what_a_token_cannot_be_is_refused(api: Client, admin: Persona, body: dict[str, object], code: str) -> None:
    answer = make(admin, **body)

    assert (answer.status_code in {400, 422}, answer.json()["code"]) == (True, code)


def test_a_token_makes_no_token(api: Client, admin: Persona) -> None:
    answer = api.post(f"/v1/orgs/{admin.org.slug}/tokens", {"name": "heir"}, content_type="application/json")

    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert "sign in" in answer.json()["message"]


def test_only_staff_make_a_token_for_the_platform(admin: Persona, staff: Persona) -> None:
    assert make(admin, scope="platform").json()["code"] == "unknown_scope"
    made = make(staff, scope="platform").json()
    assert Client(headers={"Authorization": f"Bearer {made['token']}"}).get("/v1/platform/outbox").status_code == 200


@pytest.mark.parametrize("scope", ["read", "write", "admin"])
def test_a_token_of_staff_that_is_not_for_the_platform_stays_in_its_org(operator: Persona, admin: Persona, scope: str) -> None:
    ApiToken.objects.filter(membership__person=operator.person).update(scope=scope)
    client = Client(headers={"Authorization": operator.bearer})

    assert client.get("/v1/platform/audit").status_code == 403
    assert client.get(f"/v1/orgs/{admin.org.slug}/domains").status_code == 404
    quota = client.put(f"/v1/orgs/{admin.org.slug}/quotas/members", {"limit": 1}, content_type="application/json")
    assert quota.status_code == 404


def test_a_name_is_taken_while_its_token_lives(api: Client, admin: Persona) -> None:
    first = make(admin).json()
    assert make(admin).json()["code"] == "name_taken"

    assert api.delete(f"/v1/orgs/{admin.org.slug}/tokens/{first['id']}").status_code == 204
    assert make(admin).status_code == 201


def test_a_revoked_or_expired_token_is_refused_at_once(api: Client, admin: Persona) -> None:
    made = make(admin).json()
    caller = Client(headers={"Authorization": f"Bearer {made['token']}"})
    ApiToken.objects.filter(pk=made["id"]).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert caller.get("/v1/me").status_code == 401

    ApiToken.objects.filter(pk=made["id"]).update(expires_at=None)
    assert caller.get("/v1/me").status_code == 200
    api.delete(f"/v1/orgs/{admin.org.slug}/tokens/{made['id']}")
    assert caller.get("/v1/me").status_code == 401


def test_one_cannot_revoke_the_token_of_another(admin: Persona, writer: Persona) -> None:
    token = ApiToken.objects.get(membership__person=admin.person)
    ApiToken.objects.filter(membership__person=writer.person).update(scope="admin")

    answer = Client(headers={"Authorization": writer.bearer}).delete(f"/v1/orgs/{admin.org.slug}/tokens/{token.pk}")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_token")


def test_the_last_use_is_noted(api: Client, admin: Persona) -> None:
    api.get("/v1/me")

    token = ApiToken.objects.get(membership__person=admin.person)
    assert token.last_used_at and timezone.now() - token.last_used_at < timedelta(minutes=1)


def test_a_change_through_a_token_names_it_in_the_log(api: Client, admin: Persona) -> None:
    api.patch(f"/v1/orgs/{admin.org.slug}", {"name": "Renamed"}, content_type="application/json")

    record = Record.objects.get(action="org.rename")
    assert record.token_id == ApiToken.objects.get(name="tests", membership__person=admin.person).pk
    assert (record.actor_id, record.address) == (admin.person.pk, "127.0.0.1")
    assert record.request_id


def test_an_admin_lists_and_revokes_the_tokens_of_all(api: Client, admin: Persona, writer: Persona) -> None:
    path = f"/v1/orgs/{admin.org.slug}/tokens"
    theirs = next(token for token in api.get(f"{path}?all=true").json() if token["of"] == writer.person.email)

    assert {token["of"] for token in api.get(path).json()} == {admin.person.email}
    assert api.delete(f"{path}/{theirs['id']}").status_code == 204
    assert Client(headers={"Authorization": writer.bearer}).get("/v1/me").status_code == 401


def test_only_an_admin_lists_all_tokens(writer: Persona) -> None:
    answer = Client(headers={"Authorization": writer.bearer}).get(f"/v1/orgs/{writer.org.slug}/tokens?all=true")

    assert answer.status_code == 403


def test_a_use_is_noted_once_a_minute(api: Client, admin: Persona) -> None:
    token = ApiToken.objects.get(membership__person=admin.person)
    for seconds, noted in ((0, 0), (59, 0), (61, 61)):
        token.refresh_from_db()
        services.note_use(token, now=NOON + timedelta(seconds=seconds))
        token.refresh_from_db()
        assert token.last_used_at == NOON + timedelta(seconds=noted)
