"""Whatever is sent to an address of DAGs, the answer is one for its sender: never a fault of ours."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from tests.apps.dags.makers import deploy, manual
from tests.factories import Persona, sign_in

pytestmark = pytest.mark.django_db

WORDS = some.sampled_from([
    "", "ranges", "start", "²", "\x00", "a\ud800b", "\ufeffname: x", "../..", "role:none", "private", "auto", "9" * 400, "*/15 * * * *",
    manual(), manual().replace("\n", "\r\n"), "name: ranges\njobs: []\n", "&a [*a]", "{" * 300, "\u2028", "😀" * 50,
])  # fmt: skip
VALUES = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(max_size=20) | WORDS,
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
KEYS = some.sampled_from(["yaml", "base", "version_id", "cutover", "visibility", "edit", "dag", "seen", "more"])
BODIES = some.dictionaries(KEYS, VALUES, max_size=4) | VALUES
ADDRESSES = [
    ("POST", "/v1/dags/validate"), ("POST", "/v1/dags/{name}/versions"), ("PUT", "/v1/dags/{name}/active"), ("PATCH", "/v1/dags/{name}"),
    ("POST", "/o/{org}/dags/-/check"), ("POST", "/o/{org}/dags/-/edit"), ("PUT", "/o/{org}/dags/-/draft"),
    ("POST", "/o/{org}/dags/-/deploy"), ("POST", "/o/{org}/dags/-/plan"), ("POST", "/o/{org}/dags/-/diff"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "address"), ADDRESSES)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=BODIES, name=some.sampled_from(["ranges", "none", "²", "a b", "%00", "-", "x" * 80]))
def test_no_body_is_a_fault_of_ours(writer: Persona, method: str, address: str, body: Any, name: str) -> None:
    deploy(writer, manual())
    client = Client(headers={"Accept": "application/json"})
    sign_in(client, writer.person)
    path = address.format(org=writer.org.slug, name=name)
    answer = client.generic(method, path, json.dumps(body).encode(), content_type="application/json")

    assert answer.status_code < 500
    if answer.status_code >= 400:
        assert answer.json()["code"] and answer.json()["message"]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=some.sampled_from(
        ["", "/-/new", "/ranges", "/ranges/edit", "/ranges/history", "/ranges/versions/1", "/ranges/versions/1/diff"]
    ),
    key=some.sampled_from(["search", "page", "from", "version", "against", "jobs", "moves", "dag"]),
    value=WORDS,
)
def test_no_question_of_a_page_is_either(writer: Persona, path: str, key: str, value: str) -> None:
    deploy(writer, manual())
    client = Client()
    sign_in(client, writer.person)
    answer = client.get(f"/o/{writer.org.slug}/dags{path}", {key: value.encode(errors="surrogatepass")})

    assert answer.status_code < 500
