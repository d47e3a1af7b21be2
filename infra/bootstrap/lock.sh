#!/bin/sh
# Compile the lock files: the widest first, so that the narrower ones agree with it. No registry host may appear in them.
set -eu
cd "$(dirname "$0")/../.."
uv=$(command -v uv || echo .tooling/bin/uv)
compile="$uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet"
$compile --extra laptop --extra dev -o requirements-dev.lock
$compile --extra laptop -c requirements-dev.lock -o requirements-laptop.lock
$compile -c requirements-dev.lock -o requirements.lock
