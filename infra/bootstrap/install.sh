#!/bin/sh
# Install Trace into .venv, with nothing but a Python 3.11+ to begin with. Usage: install.sh laptop|dev
# Every way it can fail ends with one line that says why and one that says what to do.
set -eu
cd "$(dirname "$0")/../.."
profile=${1:-laptop}
tooling=.tooling

fail() {
    printf 'Trace cannot be installed: %s\n  → %s\n' "$1" "$2" >&2
    exit 1
}

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

# The interpreter asked for, else the first on the PATH that is new enough.
find_python() {
    if [ -n "${PYTHON:-}" ]; then
        command -v "$PYTHON" >/dev/null 2>&1 || fail "there is no $PYTHON." "Name another with PYTHON=, or leave PYTHON away."
        is_new_enough "$PYTHON" || fail "PYTHON=$PYTHON is not a Python 3.11 or newer." "Name another, or leave PYTHON away."
        echo "$PYTHON"
        return
    fi
    for candidate in python3 python3.14 python3.13 python3.12 python3.11 python; do
        if command -v "$candidate" >/dev/null 2>&1 && is_new_enough "$candidate"; then
            command -v "$candidate"
            return
        fi
    done
    # uv can bring one, where it is installed and reaches its downloads.
    if command -v uv >/dev/null 2>&1 && uv python install --quiet 3.12 >/dev/null 2>&1; then
        uv python find 3.12
        return
    fi
    found=$(python3 --version 2>/dev/null || echo "no python3")
    fail "it needs Python 3.11 or newer; found $found." \
        "Install one (Debian 12+: apt-get install python3; any system with uv: uv python install 3.12) or name it: make up PYTHON=/path/to/python3.12"
}

# uv does the installing. It comes from the PATH, from pip, or from a venv that has pip.
find_uv() {
    if command -v uv >/dev/null 2>&1; then
        command -v uv
        return
    fi
    if [ ! -x "$tooling/bin/uv" ]; then
        rm -rf "$tooling"
        log=$(mktemp)
        if "$python" -m venv "$tooling" >"$log" 2>&1; then
            "$tooling/bin/python" -m pip install --quiet uv >"$log" 2>&1 || fail_on_network "$log"
        elif "$python" -m pip --version >/dev/null 2>&1; then
            rm -rf "$tooling"
            "$python" -m pip install --quiet --target "$tooling" uv >"$log" 2>&1 || fail_on_network "$log"
        elif [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
            rm -rf "$tooling"
            echo "installing python3-venv, which this Python lacks" >&2
            { apt-get update -qq && apt-get install -y -qq python3-venv; } >"$log" 2>&1 ||
                fail "$python has neither pip nor venv, and apt-get could not install python3-venv." "See $log."
            "$python" -m venv "$tooling" >"$log" 2>&1 ||
                fail "$python has neither pip nor a working venv." "Install them for it (Debian: apt-get install python3-venv)."
            "$tooling/bin/python" -m pip install --quiet uv >"$log" 2>&1 || fail_on_network "$log"
        else
            rm -rf "$tooling"
            fail "$python has neither pip nor venv." "Install one of them (Debian: sudo apt-get install python3-venv), or install uv."
        fi
        rm -f "$log"
    fi
    echo "$tooling/bin/uv"
}

fail_on_network() {
    fail "pip could not install uv: $(grep -i -m1 error "$1" || tail -n 1 "$1")" "Check the network and pip's index settings; the whole output is in $1."
}

# The servers that come with it are built for this one; elsewhere pip would only say that it finds nothing.
machine=$(uname -sm)
[ "$machine" = "Linux x86_64" ] || fail "it runs on Linux x86_64; this is $machine." "Use a Linux x86_64 machine, or a container or virtual machine of that kind."

case $profile in
    laptop) lock=requirements-laptop.lock ;;
    dev) lock=requirements-dev.lock ;;
    *) fail "there is no profile $profile." "Use laptop or dev." ;;
esac

[ -f "$lock" ] || fail "$lock is missing." "git checkout $lock, or compile it anew: make lock."

# One stamp per profile: the checksum of the lock and of what names the operators. Nothing to do takes milliseconds.
sum=$(cat "$lock" pyproject.toml | cksum)
stamp=.venv/.installed-$profile
is_of_another_python() {
    [ -n "${PYTHON:-}" ] && [ "$PYTHON" != "$(cat .venv/.python 2>/dev/null)" ]
}
if is_of_another_python || [ ! -x .venv/bin/python ] || [ ! -f "$stamp" ] || [ "$(cat "$stamp")" != "$sum" ]; then
    python=$(find_python)
    uv=$(find_uv)
    echo "installing Trace with $("$python" --version) …"
    if is_of_another_python || [ ! -x .venv/bin/python ] || ! is_new_enough .venv/bin/python; then
        "$uv" venv --quiet --clear --python "$python" .venv
        echo "${PYTHON:-}" >.venv/.python
    fi
    "$uv" pip install --quiet --python .venv/bin/python --require-hashes -r "$lock" ||
        fail "the packages of $lock could not be installed." "The lines above say why; usually it is the network or a full disk."
    # Trace itself, in place: its entry points name the operators and the command `trace`.
    "$uv" pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable . ||
        fail "Trace could not be installed in .venv." "The lines above say why; usually it is a full disk."
    echo "$sum" >"$stamp"
fi
.venv/bin/python infra/bootstrap/frontend.py
