"""The published OpenAPI documents are those of the code: a change of the API shows in review."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import call_command

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("plane", ["public", "internal"])
def test_the_document_is_valid_and_as_published(plane: str, tmp_path: Path) -> None:
    made = tmp_path / "openapi.yaml"
    call_command("spectacular", urlconf=f"traceweb.urls.{plane}", file=str(made), validate=True, fail_on_warn=True)
    published = ROOT / f"docs/reference/openapi-{plane}.yaml"

    assert made.read_text() == published.read_text(), "the API changed: `make reference`, and look at the difference"
