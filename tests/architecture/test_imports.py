"""What an app shows the others is written down for every app, and is there."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Plain Python and types of columns for everybody; the top floor and the command line, which no app may import at all.
WITHOUT = {"platform", "orm", "console", "cli"}
EVERY_CONTRACT: list[dict[str, Any]] = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
CONTRACTS = [contract for contract in EVERY_CONTRACT if contract["name"].startswith("What other apps may import of")]
NAMES_OF_EVERY_APP = {"services", "selectors", "models", "domain"}


APPS = {folder.parent.name for folder in (ROOT / "apps").glob("*/__init__.py")}


def test_every_app_is_protected_from_the_others() -> None:
    assert sorted(contract["protected_modules"] for contract in CONTRACTS) == sorted([f"apps.{app}"] for app in APPS - WITHOUT)


def test_the_command_line_sees_no_app() -> None:
    (contract,) = (contract for contract in EVERY_CONTRACT if contract.get("source_modules") == ["apps.cli"])

    assert {f"apps.{app}" for app in APPS - {"cli", "platform"}} | {"django"} <= set(contract["forbidden_modules"])


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract["protected_modules"][0])
def test_only_the_app_itself_and_what_puts_apps_together_see_the_rest(contract: dict[str, Any]) -> None:
    (app,) = contract["protected_modules"]
    public = {line.partition(f" -> {app}.")[2].partition(".")[0] for line in contract["ignore_imports"]}
    there = {path.stem for path in (ROOT / app.replace(".", "/")).iterdir()}

    assert contract["allowed_importers"] == [app, "traceweb"]
    assert not public & {"views", "forms", "api", "tasks", "drivers", "urls", "admin"}
    assert public - NAMES_OF_EVERY_APP <= there, "what is public on purpose is there"
