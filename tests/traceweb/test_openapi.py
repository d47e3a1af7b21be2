"""The published OpenAPI documents are those of the code: a change of the API shows in review."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import yaml
from django.core.management import call_command

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("plane", ["public", "internal"])
def test_the_document_is_valid_and_as_published(plane: str, tmp_path: Path) -> None:
    made = tmp_path / "openapi.yaml"
    call_command("spectacular", urlconf=f"traceweb.urls.{plane}", file=str(made), validate=True, fail_on_warn=True)
    published = ROOT / f"docs/reference/openapi-{plane}.yaml"

    assert made.read_text() == published.read_text(), "the API changed: `make reference`, and look at the difference"


def test_every_public_operation_is_described_in_words_of_its_own() -> None:
    """One that says nothing would show the docstring of a base class, which is for who writes Trace."""
    document = yaml.safe_load((ROOT / "docs/reference/openapi-public.yaml").read_text())
    told = Counter(one.get("description") for operations in document["paths"].values() for one in operations.values())
    by_namespace = {"Write a secret of the org, or rotate it.", "Delete a secret at once and for good."}

    assert {text for text, times in told.items() if times > 1} <= by_namespace
    assert None not in told


def test_every_operation_says_how_it_refuses() -> None:
    document = yaml.safe_load((ROOT / "docs/reference/openapi-public.yaml").read_text())

    for operations in document["paths"].values():
        for operation in operations.values():
            assert operation["responses"]["default"] == {"$ref": "#/components/responses/Error"}
