"""Rules of the repository that no linter knows."""

from __future__ import annotations

import json
import re
import statistics
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOP_LEVEL = {
    "traceweb", "apps", "templates", "static", "workers", "operators", "infra", "tests", "docs", "manage.py", "pyproject.toml",
    "requirements.lock", "requirements-laptop.lock", "requirements-dev.lock", "package.json", "package-lock.json",
    "README.md", "CHANGELOG.md", "LICENSE", "Makefile", "eslint.config.js",
}  # fmt: skip
LOCKS = ("requirements.lock", "requirements-laptop.lock", "requirements-dev.lock")
# Shapes of real credentials: long-lived AWS keys, private keys, tokens of code hosts.
CREDENTIAL = re.compile(r"AKIA(?!.*EXAMPLE)[0-9A-Z]{16}|-----BEGIN [A-Z ]*PRIVATE KEY-----|gh[pousr]_\w{36}|xox[bp]-\w{10,}")


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z", "--", *patterns], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def hand_written() -> list[Path]:
    return [file for file in tracked("*.py", "*.js", "*.mjs", "*.css", "*.html", "*.sql") if "migrations" not in file.parts]


def lines_of(file: Path) -> int:
    return len(file.read_text().splitlines())


def test_no_file_is_one_that_nobody_wants_to_open() -> None:
    sizes = sorted(lines_of(file) for file in hand_written())

    assert statistics.median(sizes) < 100
    assert sizes[int(len(sizes) * 0.9)] < 300
    assert sizes[-1] <= 500


def test_the_top_level_holds_what_the_rules_name() -> None:
    names = {file.relative_to(ROOT).parts[0] for file in tracked()}

    assert {name for name in names if not name.startswith(".")} <= TOP_LEVEL


@pytest.mark.parametrize("name", [*LOCKS, "package-lock.json", ".npmrc"])
def test_a_lock_names_no_registry(name: str) -> None:
    # Funding links of JavaScript packages are no addresses to install from; `resolved` would be, and is looked for below.
    assert not re.search(r"--index-url|registry\s*=|://\S*(?:pypi|npmjs|simple)\b", (ROOT / name).read_text())


def test_every_python_package_is_pinned_with_its_hashes() -> None:
    for name in LOCKS:
        entries = re.split(r"\n(?=\S)", (ROOT / name).read_text().strip())
        assert all("==" in entry.split("\n")[0] and "--hash=sha256:" in entry for entry in entries)


def test_every_javascript_package_is_pinned_with_its_hash() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]

    assert all("resolved" not in package for package in packages.values())
    assert all("integrity" in package for name, package in packages.items() if name)


def test_no_credential_lies_in_the_repository() -> None:
    found = [str(file) for file in tracked() if CREDENTIAL.search(file.read_text(errors="ignore")) and file != Path(__file__)]

    assert found == []


def test_no_module_is_a_drawer_for_odds_and_ends() -> None:
    drawers = {"utils", "util", "helpers", "common", "misc", "manager", "managers"}

    assert [str(file) for file in tracked("*.py") if file.stem in drawers] == []


def test_readme_stays_short() -> None:
    assert lines_of(ROOT / "README.md") <= 150


def test_decisions_stay_short() -> None:
    assert [file.name for file in tracked("docs/decisions/*.md") if lines_of(file) > 40] == []
