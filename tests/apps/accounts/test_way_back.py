"""Whoever has to sign in comes back to the page, with what it was filtered by; no header makes an error of it."""

from __future__ import annotations

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("said", "next_"), [
    ("http://testserver/platform/people?q=ann&page=2", "%2Fplatform%2Fpeople%3Fq%3Dann%26page%3D2"),
    ("http://testserver//evil.example/", "%2Fevil.example%2F"),
    ("http://[", "%2F"),
    ("https://evil.example/x", "%2F"),
    ("javascript:go()", "%2F"),
    ("", "%2F"),
])  # fmt: skip
def test_the_page_is_what_the_fragment_says_if_it_is_ours(client: Client, said: str, next_: str) -> None:
    answer = client.get("/platform/health", headers={"HX-Request": "true", "HX-Current-URL": said})

    assert answer.headers["HX-Redirect"] == f"/sign-in?next={next_}"
