"""`make reference`: the pages that are made from the code. Tests compare them, so that a change shows in review."""

from __future__ import annotations

import os
import subprocess
import sys

from infra.bootstrap.check import NO_SERVERS, ROOT

PAGES = {
    "configuration.md": ["-m", "apps.platform.config"],
    "openapi-public.yaml": ["manage.py", "spectacular", "--urlconf", "traceweb.urls.public"],
    "openapi-internal.yaml": ["manage.py", "spectacular", "--urlconf", "traceweb.urls.internal"],
}


def main() -> None:
    for name, command in PAGES.items():
        made = subprocess.run(
            [sys.executable, *command], cwd=ROOT, env=os.environ | NO_SERVERS, capture_output=True, text=True, check=True
        )
        (ROOT / "docs/reference" / name).write_text(made.stdout)
        print(f"docs/reference/{name}")


if __name__ == "__main__":
    main()
