"""A part that this version does not have answers 501, at its own address, whatever is asked of it."""

from __future__ import annotations

import pytest
from django.test import Client
from rest_framework.test import APIClient

from tests.factories import Persona

PATHS = [
    "/v1/query", "/v1/queries/7",
    "/v1/udf/bundles", "/v1/alerts", "/v1/alerts/7/deliveries", "/v1/saved-queries", "/v1/notebooks/7",
]  # fmt: skip


@pytest.mark.parametrize("section", ["sql", "alerts"])
@pytest.mark.django_db
def test_a_section_answers_501_with_a_page(signed_in: Client, reader: Persona, section: str) -> None:
    response = signed_in.get(f"/o/{reader.org.slug}/{section}")

    assert response.status_code == 501
    assert "not_built" in response.text
    assert response.headers["X-Request-Id"] in response.text


@pytest.mark.django_db
def test_a_section_that_will_never_be_is_not_found(signed_in: Client, reader: Persona) -> None:
    assert signed_in.get(f"/o/{reader.org.slug}/nonsense").status_code == 404


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_the_api_answers_501_to_every_method(path: str, method: str) -> None:
    response = APIClient().generic(method, path)

    assert response.status_code == 501
    assert response.json()["code"] == "not_built"
    assert response.json()["request_id"]


def test_a_path_of_no_family_is_not_found() -> None:
    assert APIClient().get("/v1/nonsense").status_code == 404
