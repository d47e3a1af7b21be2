"""A POST that is sent again under its key is done once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.response import Response

from apps.orgs import services
from apps.orgs.idempotency import _answered
from apps.orgs.models import ApiToken, KeptAnswer, Membership, OrgRole
from apps.orgs.services.answers import KEPT_FOR, LONGEST_RUN, Call
from apps.platform.errors import Conflict
from tests.factories import NOON, Persona, make_persona, sign_in

pytestmark = pytest.mark.django_db


def make_role(persona: Persona, slug: str = "finance", *, key: str | None = "k-1") -> Any:
    headers = {"Authorization": persona.bearer} | ({"Idempotency-Key": key} if key is not None else {})
    return Client(headers=headers).post(f"/v1/orgs/{persona.org.slug}/roles", {"slug": slug}, content_type="application/json")


def code_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def roles() -> list[str]:
    return sorted(OrgRole.objects.filter(is_system=False).values_list("slug", flat=True))


def test_the_answer_comes_again_and_nothing_is_done_twice(admin: Persona) -> None:
    first, again = make_role(admin), make_role(admin)

    assert (first.status_code, first.content) == (again.status_code, again.content) and first.status_code == 201
    assert (first.headers.get("Idempotency-Replayed"), again.headers["Idempotency-Replayed"]) == (None, "true")
    assert again.headers["Content-Type"] == first.headers["Content-Type"]
    assert roles() == ["finance"]


def test_without_a_key_it_is_done_again_and_costs_nothing(admin: Persona) -> None:
    with CaptureQueriesContext(connection) as queries:
        make_role(admin, key=None)

    assert code_of(make_role(admin, key=None))[0] == 409
    assert not [one["sql"] for one in queries if "keptanswer" in one["sql"]]


def test_another_body_is_another_request(admin: Persona) -> None:
    make_role(admin)

    assert code_of(make_role(admin, "sales")) == (422, "idempotency_key_reused")
    assert roles() == ["finance"]


def test_the_order_of_keys_is_no_difference(admin: Persona) -> None:
    client = Client(headers={"Authorization": admin.bearer, "Idempotency-Key": "k"})
    bodies = ('{"slug": "finance", "name": "F"}', '{"name":"F","slug":"finance"}')
    answers = [client.post(f"/v1/orgs/{admin.org.slug}/roles", body, content_type="application/json") for body in bodies]

    assert [answer.status_code for answer in answers] == [201, 201]


def test_while_the_first_runs_the_second_is_told(admin: Persona) -> None:
    make_role(admin)
    KeptAnswer.objects.update(status=None)

    assert code_of(make_role(admin)) == (409, "idempotency_key_in_use")
    assert code_of(make_role(admin, "sales")) == (422, "idempotency_key_reused")


def test_a_call_that_never_ended_is_begun_anew(admin: Persona) -> None:
    make_role(admin)
    started_at = KeptAnswer.objects.get().started_at - LONGEST_RUN
    KeptAnswer.objects.update(status=None, started_at=started_at)
    OrgRole.objects.filter(slug="finance").delete()

    again = make_role(admin)
    assert again.status_code == 201 and "Idempotency-Replayed" not in again.headers


def test_after_a_day_a_key_is_free_again(admin: Persona) -> None:
    make_role(admin)
    KeptAnswer.objects.update(started_at=KeptAnswer.objects.get().started_at - KEPT_FOR)

    assert make_role(admin, "sales").status_code == 201
    assert roles() == ["finance", "sales"]


def test_a_refusal_is_not_kept(admin: Persona) -> None:
    assert make_role(admin, "NOT A SLUG").status_code in {400, 422}
    assert not KeptAnswer.objects.exists()
    assert make_role(admin, "finance").status_code == 201


def test_nobody_gets_the_answer_of_another_caller(admin: Persona) -> None:
    make_role(admin)
    membership = Membership.objects.get(person=admin.person)
    services.ensure_api_token(membership, name="other", token="trace_pat_other-of-the-tests", now=NOON)
    others = [make_persona("admin", org=admin.org), replace(admin, token="trace_pat_other-of-the-tests")]

    # The role is there by now, so whoever does it themself is told so.
    assert [make_role(other).status_code for other in others] == [409, 409]


def test_the_same_key_at_another_address_is_another_request(admin: Persona) -> None:
    make_role(admin)
    client = Client(headers={"Authorization": admin.bearer, "Idempotency-Key": "k-1"})
    invited = client.post(
        f"/v1/orgs/{admin.org.slug}/invitations",
        {"email": "new@trace.example", "role": "reader"},
        content_type="application/json",
    )

    assert invited.status_code == 201 and "Idempotency-Replayed" not in invited.headers


def test_who_lost_the_right_is_not_answered_again(admin: Persona) -> None:
    make_role(admin)
    ApiToken.objects.update(scope="read")

    assert make_role(admin).status_code == 403


@pytest.mark.parametrize("key", ["", "two words", "\x7f", "k" * 256])
def test_what_is_no_key_is_refused(admin: Persona, key: str) -> None:
    assert code_of(make_role(admin, key=key)) == (400, "bad_idempotency_key")
    assert roles() == []


@pytest.mark.parametrize("key", ["k", '"8e03978e-40d5-43dd-bc93-6894a57f9324"', "~" * 255])
def test_what_is_a_key_is_taken(admin: Persona, key: str) -> None:
    assert make_role(admin, key=key).status_code == 201


def test_a_token_is_made_without_a_key_only(admin: Persona) -> None:
    client = Client()
    sign_in(client, admin.person)
    post = f"/v1/orgs/{admin.org.slug}/tokens"
    refused = client.post(post, {"name": "ci"}, content_type="application/json", headers={"Idempotency-Key": "k"})

    assert code_of(refused) == (400, "idempotency_key_refused")
    assert client.post(post, {"name": "ci"}, content_type="application/json").status_code == 201
    assert not KeptAnswer.objects.exists()


def test_what_is_done_and_its_answer_are_kept_together_or_not_at_all(admin: Persona) -> None:
    row = services.begin_answer(Call(b"f", b"d", admin.person, admin.org, "/v1/x"), now=NOON)
    # Somebody took it over, because it ran for too long.
    KeptAnswer.objects.update(started_at=NOON + LONGEST_RUN)

    def work() -> Response:
        OrgRole.objects.create(org=admin.org, slug="finance")
        return Response({}, status=201)

    with pytest.raises(Conflict):
        _answered(row, work)

    assert roles() == [] and KeptAnswer.objects.get().status is None


def test_answers_are_forgotten_after_a_day(admin: Persona) -> None:
    for age, name in ((KEPT_FOR, b"old"), (KEPT_FOR - timedelta(seconds=1), b"young")):
        services.begin_answer(Call(name, b"d", admin.person, None, "/v1/x"), now=NOON - age)

    assert services.forget_answers(now=NOON) == 1
    assert bytes(KeptAnswer.objects.get().fingerprint) == b"young"
