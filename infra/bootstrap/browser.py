"""Chromium for the browser tests: there, or installed if that is possible, or a clear word on what to do."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

BINARIES = ("chromium", "chromium-browser", "google-chrome")


def main() -> int:
    if any(shutil.which(name) for name in BINARIES):
        return 0
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print("installing Chromium for the browser tests …", flush=True)
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "chromium"]):
            ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if shutil.which("chromium"):
            return 0
        print(ended.stderr[-2000:], file=sys.stderr)
    print(
        "The browser tests need Chromium, and it could not be installed from here.\n"
        "  → Debian or Ubuntu: sudo apt-get install chromium. Elsewhere: put a chromium on the PATH. Then run make test again.\n"
        "  → Without it: make test ARGS=\"-m 'not browser'\" runs everything else.",
        file=sys.stderr,
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
