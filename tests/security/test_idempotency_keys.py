"""Every POST of the API may be sent again under a key, but those whose answer nobody may keep."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.security.routes import Route, routes

POSTS = [route for route in routes("public") if "POST" in route.actions]
DOCUMENT = yaml.safe_load((Path(__file__).resolve().parents[2] / "docs/reference/openapi-public.yaml").read_text())
OPERATIONS = {path: calls["post"] for path, calls in DOCUMENT["paths"].items() if "post" in calls}
SECRET_FIELDS = {"token", "secret", "password", "value", "key"}


def takes_key(operation: dict[str, Any]) -> bool:
    return "Idempotency-Key" in [parameter["name"] for parameter in operation.get("parameters", [])]


def answered(operation: dict[str, Any]) -> set[str]:
    """Names of the fields of what is answered when it is done."""
    found: set[str] = set()
    for status, answer in operation["responses"].items():
        shape = answer.get("content", {}).get("application/json", {}).get("schema", {}) if status != "default" else {}
        named = DOCUMENT["components"]["schemas"][shape["$ref"].rpartition("/")[2]] if "$ref" in shape else shape
        found |= set(named.get("properties", ()))
    return found


@pytest.mark.parametrize("route", POSTS, ids=str)
def test_every_post_looks_for_a_key(route: Route) -> None:
    assert hasattr(route.view.post, "__wrapped__") and isinstance(route.view.keeps_answers, bool)


def test_the_document_names_the_key_wherever_it_is_taken() -> None:
    assert len(OPERATIONS) == len(POSTS)
    assert len([operation for operation in OPERATIONS.values() if takes_key(operation)]) == len(
        [route for route in POSTS if route.view.keeps_answers]
    )


@pytest.mark.parametrize("path", OPERATIONS)
def test_an_answer_with_a_secret_is_never_kept(path: str) -> None:
    assert takes_key(OPERATIONS[path]) is not bool(answered(OPERATIONS[path]) & SECRET_FIELDS)


def test_tokens_are_such_answers() -> None:
    assert [str(route) for route in POSTS if not route.view.keeps_answers] == ["/v1/orgs/<slug:slug>/tokens"]
