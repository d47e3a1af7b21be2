"""Settings follow from the configuration: strict behind https, usable on a laptop."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

ROOT = Path(__file__).resolve().parents[2]
NAMES = (
    "SECURE_HSTS_SECONDS", "SECURE_SSL_REDIRECT", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY",
    "SESSION_COOKIE_SAMESITE", "SECURE_PROXY_SSL_HEADER", "DEBUG", "X_FRAME_OPTIONS",
)  # fmt: skip
BASE = {
    "PATH": os.environ["PATH"],
    "PYTHONPATH": str(ROOT),
    "TRACE_STATE_DSN": "postgresql://a:b@127.0.0.1:9/state",
    "TRACE_DATA_DSN": "postgresql://a:b@127.0.0.1:9/data",
    "TRACE_DJANGO_SECRET_KEY": "a-key-of-fifty-characters-or-more-for-the-deploy-check-0123456789",
}
PRODUCTION = BASE | {
    "TRACE_PROFILE": "aws",
    "TRACE_PUBLIC_URL": "https://trace.example",
    "TRACE_ALLOWED_HOSTS": "trace.example",
    "DJANGO_SETTINGS_MODULE": "traceweb.settings",
}


def settings_of(environ: dict[str, str]) -> Any:
    script = f"import json, traceweb.settings as s; print(json.dumps({{n: getattr(s, n) for n in {NAMES!r}}}))"
    return json.loads(
        subprocess.run([sys.executable, "-c", script], env=environ, capture_output=True, text=True, check=True).stdout
    )


def test_behind_https_everything_is_strict() -> None:
    found = settings_of(PRODUCTION)

    assert found["SECURE_HSTS_SECONDS"] >= 31_536_000
    assert all(found[name] for name in ("SECURE_SSL_REDIRECT", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE"))
    assert found["SECURE_PROXY_SSL_HEADER"] == ["HTTP_X_FORWARDED_PROTO", "https"]
    assert found["DEBUG"] is False


def test_on_a_laptop_over_http_the_cookies_still_work() -> None:
    found = settings_of(BASE)

    assert not any(
        found[name] for name in ("SECURE_HSTS_SECONDS", "SECURE_SSL_REDIRECT", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE")
    )
    assert found["SECURE_PROXY_SSL_HEADER"] is None  # a header that anybody can send
    assert (found["SESSION_COOKIE_HTTPONLY"], found["SESSION_COOKIE_SAMESITE"], found["X_FRAME_OPTIONS"]) == (True, "Lax", "DENY")


def test_django_has_nothing_to_say_about_a_deployment() -> None:
    ended = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT, env=PRODUCTION, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert ended.returncode == 0, ended.stderr


def test_a_process_without_its_databases_says_which() -> None:
    environ = {name: value for name, value in BASE.items() if not name.endswith("_DSN")}
    ended = subprocess.run(
        [sys.executable, "manage.py", "check"], cwd=ROOT, env=environ, capture_output=True, text=True, check=False
    )

    assert ended.returncode != 0
    assert ended.stderr.strip().splitlines()[-2:] == [
        "  TRACE_STATE_DSN: is not set, and this process needs it.", "  TRACE_DATA_DSN: is not set, and this process needs it.",
    ]  # fmt: skip


@pytest.mark.django_db
def test_every_answer_carries_the_headers_that_browsers_obey(client: Client) -> None:
    headers = client.get("/sign-in").headers

    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";") if " " in part.strip())
    assert policy["default-src"] == "'none'"
    assert (
        "'unsafe-inline'" not in headers["Content-Security-Policy"] and "'unsafe-eval'" not in headers["Content-Security-Policy"]
    )
    assert "'nonce-" in policy["script-src"] and policy["frame-ancestors"] == "'none'"
    assert (headers["X-Frame-Options"], headers["X-Content-Type-Options"]) == ("DENY", "nosniff")
    assert headers["Referrer-Policy"] == "same-origin"


@pytest.mark.django_db
def test_a_nonce_is_used_once(client: Client) -> None:
    first, second = (client.get("/sign-in").headers["Content-Security-Policy"] for _ in range(2))

    assert first != second


@pytest.mark.django_db
def test_forged_host_names_are_refused(client: Client) -> None:
    response = client.get("/sign-in", headers={"host": "evil.example"})

    assert response.status_code == 400
    assert settings.ALLOWED_HOSTS != ["*"]
