"""`make reference`: the pages that are made from the code. `--check` writes nothing and fails if one is stale."""

from __future__ import annotations

import os
import subprocess
import sys

from infra.bootstrap.check import NO_SERVERS, ROOT

PAGES = {
    "configuration.md": ["-m", "apps.platform.config"],
    "command-line.md": ["-m", "apps.cli.reference"],
    "operators.md": ["-m", "operators.sdk.reference"],
    "dag-problems.md": ["-m", "tests.apps.dags.problems_page"],
    "dag-schema.json": ["-m", "apps.dags.document.json_schema"],
    "openapi-public.yaml": ["manage.py", "spectacular", "--validate", "--urlconf", "traceweb.urls.public"],
    "openapi-internal.yaml": ["manage.py", "spectacular", "--validate", "--urlconf", "traceweb.urls.internal"],
}


def main(arguments: list[str]) -> int:
    stale = [name for name, command in PAGES.items() if not is_current(name, made(command), write="--check" not in arguments)]
    if stale:
        print(f"stale: {', '.join(stale)}; run `make reference` and look at the difference", file=sys.stderr)
    return 1 if stale else 0


def made(command: list[str]) -> str:
    environment = os.environ | NO_SERVERS
    return subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    ).stdout


def is_current(name: str, text: str, *, write: bool) -> bool:
    page = ROOT / "docs/reference" / name
    if write:
        page.write_text(text)
        print(f"docs/reference/{name}")
    return page.exists() and page.read_text() == text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
