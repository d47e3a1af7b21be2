"""What can go wrong between the command and Trace. Each ends with an exit code and a sentence that says what to do."""

from __future__ import annotations

import ssl
from typing import Any

import httpx
import pytest

from tests.apps.cli.terminal import URL, Terminal, answers

EMPTY: dict[str, Any] = {"results": [], "next": None}


def told(code: str, message: str = "Words of Trace.") -> dict[str, Any]:
    return {"code": code, "message": message, "request_id": "request-7"}


@pytest.mark.parametrize(("status", "code", "exit_code"), [
    (400, "org_needed", 2), (401, "not_signed_in", 3), (403, "forbidden", 3), (404, "unknown_dag", 3), (409, "quota_exceeded", 3),
    (413, "too_large", 3), (500, "internal_error", 4), (501, "not_built", 4),
])  # fmt: skip
def test_an_error_ends_with_its_code_and_the_words_of_trace(terminal: Terminal, status: int, code: str, exit_code: int) -> None:
    terminal.handler = answers(told(code), status=status)

    run = terminal.run("dags")

    assert run.code == exit_code and run.err.startswith("trace: Words of Trace.\n") and not run.out
    assert not terminal.sleeps


@pytest.mark.parametrize("error", [
    httpx.ConnectError("Connection refused"), httpx.Response(503, json=told("unavailable")), httpx.Response(502, text="<html>"),
], ids=repr)  # fmt: skip
def test_what_may_pass_is_tried_again(terminal: Terminal, error: Any) -> None:
    terminal.handler = answers(error, error, EMPTY)

    assert terminal.run("dags").code == 0
    assert terminal.sleeps == [0.3, 1.0]


def test_it_gives_up_in_the_end(terminal: Terminal) -> None:
    terminal.handler = answers(httpx.ConnectError("Connection refused"))

    run = terminal.run("dags")

    assert run.code == 4 and f"{URL} cannot be reached: Connection refused." in run.err and "(--url)" in run.err
    assert terminal.sleeps == [0.3, 1.0, 3.0]


def test_it_waits_as_long_as_it_is_asked_to(terminal: Terminal) -> None:
    slow = httpx.Response(429, json=told("too_many_requests"), headers={"Retry-After": "17"})
    terminal.handler = answers(slow, EMPTY)

    assert terminal.run("dags").code == 0
    assert terminal.sleeps == [17.0]


def test_it_does_not_wait_for_ever(terminal: Terminal) -> None:
    terminal.handler = answers(told("too_many_requests"), status=429, headers={"Retry-After": "3600"})

    assert terminal.run("dags").code == 4
    assert terminal.sleeps == []


def test_a_timeout_is_no_reason_to_ask_for_more(terminal: Terminal) -> None:
    terminal.handler = answers(httpx.ReadTimeout("timed out"))

    run = terminal.run("dags")

    assert run.code == 4 and "did not answer in time" in run.err and not terminal.sleeps


def test_a_certificate_that_proves_nothing_is_no_reason_to_try_again(terminal: Terminal) -> None:
    def handle(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("certificate verify failed") from ssl.SSLCertVerificationError()

    terminal.handler = handle

    run = terminal.run("dags")

    assert run.code == 4 and "does not prove that it is who it says" in run.err and "SSL_CERT_FILE" in run.err
    assert not terminal.sleeps


@pytest.mark.parametrize("status", [200, 404, 500])
def test_something_that_is_not_trace_is_told_as_that(terminal: Terminal, status: int) -> None:
    terminal.handler = answers(httpx.Response(status, html="<h1>Welcome</h1>"))

    run = terminal.run("dags")

    assert run.code == 4 and f"answered {status} with text/html" in run.err


def test_an_address_that_leads_on_is_named(terminal: Terminal) -> None:
    terminal.handler = answers(httpx.Response(301, headers={"Location": "https://trace.example/v1/dags"}))

    run = terminal.run("dags")

    assert run.code == 4 and "leads on to https://trace.example/v1/dags" in run.err


def test_every_page_of_a_list_is_fetched(terminal: Terminal) -> None:
    def row(name: str) -> dict[str, Any]:
        return {"name": name, "active": None, "latest_number": 1, "owner": None}

    asked: list[str | None] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.params.get("cursor"))
        page = ({"results": [row("b")], "next": "c1"}, {"results": [row("a")], "next": None})[len(asked) - 1]
        return httpx.Response(200, json=page)

    terminal.handler = handle

    assert [line.split()[0] for line in terminal.run("dags").out.splitlines()[1:]] == ["a", "b"]
    assert asked == [None, "c1"]


def test_ctrl_c_ends_with_130(terminal: Terminal) -> None:
    def interrupt(request: httpx.Request) -> httpx.Response:
        raise KeyboardInterrupt

    terminal.handler = interrupt

    assert terminal.run("dags").code == 130


def test_a_token_that_anybody_could_read_on_the_way_is_warned_of(terminal: Terminal) -> None:
    terminal.handler = answers(EMPTY)

    assert "is not https" in terminal.run("dags", "--url", "http://trace.example").err
    assert terminal.run("dags").err == ""
