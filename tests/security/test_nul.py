"""A NUL in whatever is sent is the caller's mistake and no fault of ours, wherever it arrives."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.apps.pii.makers import make_classified
from tests.factories import Persona, sign_in

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("method", "path"), [
    ("PUT", "classifications/a%00/b"), ("DELETE", "classifications/a%00/b"),
    ("PUT", "classifications/a/b%00"), ("DELETE", "classifications/a/b%00"),
    ("GET", "classifications?dataset=%00"), ("GET", "grants?dataset=%00"),
    ("GET", "access?dataset=customers&columns=%00"), ("GET", "access?dataset=customers&role=%00"),
])  # fmt: skip
def test_the_api_says_what_is_wrong(admin: Persona, method: str, path: str) -> None:
    make_classified(admin.org, "email")
    client = Client(headers={"Authorization": admin.bearer}, raise_request_exception=False)
    answer = client.generic(
        method, f"/v1/orgs/{admin.org.slug}/pii/{path}", '{"kind": "email", "handling": "refuse"}', "application/json"
    )

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_text")


def test_so_does_a_page(admin: Persona, reader: Persona) -> None:
    client = Client(raise_request_exception=False)
    sign_in(client, admin.person)
    sent = {"role": "reader", "own_roles": "\0"}

    assert client.post(f"/o/{admin.org.slug}/admin/members/{reader.person.pk}/change", sent).status_code == 400
