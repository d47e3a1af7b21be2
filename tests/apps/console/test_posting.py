"""An address that only takes a form leads to its page, and no refusal of a method is an empty page."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import resolve

from tests.factories import Persona, sign_in
from tests.security.routes import routes
from tests.security.who_may import MAY

pytestmark = pytest.mark.django_db
POSTED = [route for method, route in MAY if method == "POST" and not route.startswith("/v1/")]
EXAMPLES = {"<uuid:": "0198c5f2-0000-7000-8000-000000000000", "<slug:": "one", "<str:": "one"}


def example(route: str) -> str:
    parts = [next((EXAMPLES[kind] for kind in EXAMPLES if part.startswith(kind)), part) for part in route.split("/")]
    return "/".join(parts)


@pytest.mark.parametrize("route", [*POSTED, "/sign-out", "/theme"])
def test_opening_it_leads_to_the_page_that_the_form_is_on(client: Client, reader: Persona, route: str) -> None:
    sign_in(client, reader.person)
    response = client.get(example(route))

    assert response.status_code == 302
    assert resolve(response.headers["Location"]).route in {one.path.lstrip("/") for one in routes("public")}
    assert client.put(example(route)).status_code == 405


def test_a_refused_method_is_a_page(client: Client, reader: Persona) -> None:
    sign_in(client, reader.person)
    response = client.post("/me")

    assert (response.status_code, response.headers["Allow"]) == (405, "GET")
    assert "<code>method_not_allowed</code>" in response.text
