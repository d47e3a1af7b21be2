"""Logs: one line of JSON per event, tied together by ids, without a secret in any of them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.platform.telemetry import HIDDEN, MOST_WRITTEN, LogRedactor, Redactor

ROOT = Path(__file__).resolve().parents[2]
JWT = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ0YXNrOjEifQ.c2lnbmF0dXJl"


def redacted(**event: Any) -> Any:
    return LogRedactor(Redactor())(None, "info", event)


@pytest.mark.parametrize("name", [
    "password", "new_password", "secret", "client_secret", "token", "lease_token", "authorization", "cookie", "api_key",
    "apikey", "private_key", "state_dsn", "credential", "credentials", "PASSWORD",
])  # fmt: skip
def test_a_field_with_a_secrets_name_is_hidden_at_any_depth(name: str) -> None:
    assert redacted(**{name: "x1"}) == {name: HIDDEN}
    assert redacted(**{name: 123456}) == {name: HIDDEN}
    assert redacted(outer={"list": [{name: "x1"}]}) == {"outer": {"list": [{name: HIDDEN}]}}


@pytest.mark.parametrize("name", ["tokens_left", "password_changed_at", "secrets_count", "path", "cookies_enabled"])
def test_a_field_about_a_secret_is_shown(name: str) -> None:
    assert redacted(**{name: "shown"}) == {name: "shown"}


@pytest.mark.parametrize(("text", "secret"), [
    ("cannot connect to postgresql://web:hunter2@127.0.0.1/db", "hunter2"),
    ("Authorization: Bearer abc.def-123", "abc.def-123"),
    (f"got {JWT} from a worker", JWT),
    ("used trace_pat_abcdefgh12345678", "trace_pat_abcdefgh"),
    ("used trace_wkr_abcdefgh-2345678", "trace_wkr_abcdefgh"),
])  # fmt: skip
def test_what_looks_like_a_secret_is_hidden_in_any_text(text: str, secret: str) -> None:
    shown = redacted(event=text, error=ValueError(text))

    assert secret not in str(shown) and HIDDEN in shown["event"] and HIDDEN in shown["error"]


def test_the_rest_of_a_line_stays_readable() -> None:
    assert redacted(event="at http://h:80/p?x=1 in 3 s", n=3, ok=True, none=None, f=1.5) == {
        "event": "at http://h:80/p?x=1 in 3 s", "n": 3, "ok": True, "none": None, "f": 1.5,
    }  # fmt: skip


@given(st.lists(st.text(min_size=6, max_size=30), min_size=1, max_size=5), st.text(), st.text())
def test_a_known_value_is_hidden_wherever_it_stands(secrets: list[str], before: str, after: str) -> None:
    redactor = Redactor()
    redactor.learn(secrets)

    shown = redactor.text(before + max(secrets, key=len) + after)

    assert max(secrets, key=len) not in shown or max(secrets, key=len) in HIDDEN


def test_short_values_are_not_hunted() -> None:
    redactor = Redactor()
    redactor.learn(["1", "", "abc"])

    assert redactor.text("1 abc") == "1 abc"


def test_of_written_values_the_newest_are_hidden_and_none_that_may_be_a_word() -> None:
    redactor = LogRedactor(Redactor())
    for value in (
        "administrator"[:11],
        "the-oldest-value",
        *(f"written-value-{number:04}" for number in range(MOST_WRITTEN - 1)),
    ):
        redactor.learn_written(value)
    assert redactor.text("administrat the-oldest-value") == f"administrat {HIDDEN}"

    redactor.learn_written("the-newest-value")
    assert redactor.text("the-oldest-value the-newest-value") == f"the-oldest-value {HIDDEN}"


def test_the_platforms_own_secrets_are_hidden_in_logs_too() -> None:
    platform = Redactor()
    platform.learn(["own-secret"])

    assert LogRedactor(platform).text("own-secret") == HIDDEN


SCRIPT = """
import logging, structlog
from apps.platform import telemetry
from apps.platform.config import Config
telemetry.configure_logging(Config.from_env())
structlog.contextvars.bind_contextvars(request_id="r-1", org="acme")
structlog.get_logger("trace.test").info("hello", n=1, key="django-secret-value")
logging.getLogger("third.party").warning("value %s and django-secret-value", 2)
try:
    raise ValueError("postgresql://u:p4ssw0rd@h/db")
except ValueError:
    structlog.get_logger("trace.test").exception("failed")
structlog.get_logger("trace.test").debug("too quiet")
"""


def lines_of(**settings: str) -> list[str]:
    env = {"PYTHONPATH": str(ROOT), "TRACE_DJANGO_SECRET_KEY": "django-secret-value", **settings}
    ended = subprocess.run([sys.executable, "-c", SCRIPT], env=env, capture_output=True, text=True, check=True)
    assert ended.stdout == ""
    return ended.stderr.splitlines()


def test_every_logger_writes_the_same_lines_of_json() -> None:
    ours, theirs, failure = (json.loads(line) for line in lines_of())

    assert (ours["event"], ours["level"], ours["logger"], ours["request_id"], ours["org"], ours["n"]) == (
        "hello", "info", "trace.test", "r-1", "acme", 1,
    )  # fmt: skip
    assert ours["timestamp"].endswith("Z") and ours["key"] == HIDDEN
    assert (theirs["event"], theirs["logger"]) == (f"value 2 and {HIDDEN}", "third.party")
    assert "ValueError" in failure["exception"] and "p4ssw0rd" not in failure["exception"]


def test_lines_for_eyes_hide_as_much() -> None:
    text = "\n".join(lines_of(TRACE_LOG_FORMAT="console"))

    assert "hello" in text
    assert "django-secret-value" not in text and "p4ssw0rd" not in text
