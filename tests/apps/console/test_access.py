"""Every page is for people who are signed in and belong to the org."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tests.factories import Persona, sign_in

pytestmark = pytest.mark.django_db(databases=["default", "data"])
# What answers to everybody, on purpose.
OPEN = {
    # Known by a signature.
    "hooks/<slug:slug>/<path:path>",
    "healthz", "readyz", "sign-in", "sign-out", "theme",
    "sso/<slug:key>/start", "sso/<slug:key>/callback", "sso/<slug:key>/leave",
}  # fmt: skip
PAGES = ["", "dags", "runs", "catalog", "sql", "alerts", "admin", "admin/members"]


@pytest.mark.parametrize("page", PAGES)
def test_a_stranger_gets_the_answer_of_an_org_that_does_not_exist(
    client: Client, stranger: Persona, reader: Persona, page: str
) -> None:
    sign_in(client, stranger.person)
    other = client.get(f"/o/{reader.org.slug}/{page}")
    missing = client.get(f"/o/no-such-org/{page}")

    assert (other.status_code, missing.status_code) == (404, 404)
    assert reader.org.slug not in other.text.replace(f"/o/{reader.org.slug}/{page}", "")


@pytest.mark.parametrize("page", PAGES)
def test_somebody_signed_out_is_asked_to_sign_in_and_brought_back(client: Client, reader: Persona, page: str) -> None:
    response = client.get(f"/o/{reader.org.slug}/{page}")

    assert response.status_code == 302
    assert response.headers["Location"] == f"/sign-in?next=/o/{reader.org.slug}/{page}"


def test_a_fragment_for_somebody_signed_out_moves_the_whole_page(client: Client) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/platform/health"}
    response = client.get("/platform/health", headers=headers)

    assert response.headers["HX-Redirect"] == "/sign-in?next=%2Fplatform%2Fhealth"
    assert response.content == b""


def test_a_fragment_never_brings_somebody_back_to_another_site(client: Client) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "https://evil.example/steal"}
    response = client.get("/platform/health", headers=headers)

    assert response.headers["HX-Redirect"] == "/sign-in?next=%2F"


def test_no_page_is_open_that_is_not_on_the_list() -> None:
    """The API proves its callers by itself: its views say so by `login_required = False` and a list of permissions."""
    opened = {
        str(pattern.pattern)
        for pattern in _patterns(get_resolver().url_patterns)
        if not getattr(pattern.callback, "login_required", True) and not hasattr(pattern.callback, "cls")
    }

    assert opened == OPEN


def _patterns(found: list[URLPattern | URLResolver]) -> list[URLPattern]:
    flat: list[URLPattern] = []
    for pattern in found:
        flat += _patterns(pattern.url_patterns) if isinstance(pattern, URLResolver) else [pattern]
    return flat
