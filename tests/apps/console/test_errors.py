"""Errors are pages with a code and a request id, made without a database."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path

from apps.platform.errors import Conflict, Forbidden, Transient
from traceweb import errors
from traceweb.urls import public

_RAISED: dict[str, Exception] = {
    "bug": RuntimeError("a bug"),
    "database": OperationalError("the server is away"),
    "transient": Transient("queue away"),
    "forbidden": Forbidden("Not yours."),
    "conflict": Conflict("Somebody was first."),
}


def _raise(request: HttpRequest, name: str) -> HttpResponse:
    raise _RAISED[name]


_raise.login_required = False  # type: ignore[attr-defined]  # what login_not_required sets
urlpatterns = [path("raise/<name>", _raise), *public.urlpatterns]
handler400, handler403 = errors.bad_request, errors.permission_denied
handler404, handler500 = errors.not_found, errors.server_error


@pytest.fixture
def client() -> Iterator[Client]:
    with override_settings(ROOT_URLCONF=__name__):
        yield Client(raise_request_exception=False)


# None of these tests may touch a database: without the django_db mark a query fails them.
@pytest.mark.parametrize(
    ("name", "status", "code"),
    [("bug", 500, "internal_error"), ("database", 503, "unavailable"), ("transient", 503, "unavailable"),
     ("forbidden", 403, "forbidden"), ("conflict", 409, "conflict")],
)  # fmt: skip
def test_an_error_is_a_page_with_code_and_request_id(client: Client, name: str, status: int, code: str) -> None:
    response = client.get(f"/raise/{name}")

    assert response.status_code == status
    assert f"<code>{code}</code>" in response.text
    assert f'<trace-copy value="{response.headers["X-Request-Id"]}">' in response.text


def test_what_nobody_caught_is_logged_under_the_request_id(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    response = client.get("/raise/bug")

    (record,) = [record for record in caplog.records if record.name == "trace.errors"]
    logged: Any = record.msg
    assert (logged["event"], logged["path"], logged["request_id"]) == (
        "unhandled",
        "/raise/bug",
        response.headers["X-Request-Id"],
    )
    assert "RuntimeError: a bug" in logged["exception"]


def test_a_made_up_host_name_is_one_line_in_the_log(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    response = client.get("/raise/bug", headers={"host": "evil.example", "accept": "application/json"})

    assert (response.status_code, response.json()["code"]) == (400, "bad_host")
    assert "TRACE_ALLOWED_HOSTS" in response.json()["message"]
    assert [record.exc_info for record in caplog.records if record.levelname in {"WARNING", "ERROR"}] == [None]


def test_a_body_over_the_limit_is_told_the_limit(client: Client) -> None:
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    response = client.post("/sign-in", b"x" * (limit + 1), content_type="application/x-www-form-urlencoded")

    assert response.status_code == 413
    assert f"{limit:,} bytes" in response.text


def test_an_unknown_address_is_a_page_too(client: Client) -> None:
    response = client.get("/no/such/page")

    assert response.status_code == 404
    assert "There is nothing here" in response.text


def test_what_a_bug_said_is_not_shown(client: Client) -> None:
    assert "a bug" not in client.get("/raise/bug").text


def test_a_program_gets_json(client: Client) -> None:
    response = client.get("/raise/bug", headers={"Accept": "application/json"})

    assert response.json()["code"] == "internal_error"


def test_a_fragments_request_leaves_the_page_as_it_is_and_gets_a_note(client: Client) -> None:
    response = client.post("/raise/conflict", headers={"HX-Request": "true", "Accept": "text/html"})

    assert (response.status_code, response.content) == (409, b"")
    assert response.headers["HX-Reswap"] == "none"
    assert "Somebody was first." in response.headers["HX-Trigger"]


def test_a_poll_that_fails_says_nothing(client: Client) -> None:
    response = client.get("/raise/bug", headers={"HX-Request": "true", "Accept": "text/html"})

    assert response.status_code == 500
    assert "HX-Trigger" not in response.headers


def test_a_text_in_the_path_does_not_become_html(client: Client) -> None:
    assert "<img" not in client.get("/no/<img src=x>").text.replace('<img src="/static', "")
