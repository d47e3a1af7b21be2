"""The environment of a child process, from empty: an operator sees nothing of the worker's."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

ROOT = str(Path(__file__).resolve().parents[2])
# Where programs are, what the machine is like, and the mark of the stack that started us: by it leftovers are found.
_KEPT = ("PATH", "TZ", "SSL_CERT_FILE", "_TRACE_STACK")
# What decides which code runs, whom it trusts and where it connects, before the operator has a say.
_DECIDING = frozenset(
    {
        "PATH", "HOME", "TMPDIR", "TMP", "TEMP", "TZ", "TZDIR", "LANG", "LANGUAGE", "ENV", "SHELL", "IFS", "BASH_ENV", "SSLKEYLOGFILE",
        "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NETRC", "HOSTALIASES", "LOCALDOMAIN", "RES_OPTIONS", "GCONV_PATH", "LOCPATH",
        "NLSPATH", "NODE_OPTIONS", "NODE_EXTRA_CA_CERTS", "PERL5LIB", "PERL5OPT", "RUBYLIB", "RUBYOPT",
    }
)  # fmt: skip
_DECIDING_STARTS = ("LD_", "DYLD_", "PYTHON", "LC_", "GLIBC_", "MALLOC_", "OPENSSL_", "SSL_CERT_", "_")
_DECIDING_ENDS = ("_PROXY",)


def not_for_a_secret(names: Iterable[str]) -> list[str]:
    """Those of `names` that are no secret's: a process obeys them, whatever it is."""
    return sorted(name for name in names if _is_deciding(name.upper()))


def _is_deciding(name: str) -> bool:
    return name in _DECIDING or name.startswith(_DECIDING_STARTS) or name.endswith(_DECIDING_ENDS)


def child_environment(home: str, secrets: Mapping[str, str]) -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    packages = os.pathsep.join(filter(None, (ROOT, os.environ.get("PYTHONPATH"))))
    # A client of S3 that is given its keys would ask the machine for others all the same, and wait for an answer that no laptop gives.
    own = {"LANG": "C.UTF-8", "HOME": home, "TMPDIR": home, "PYTHONPATH": packages, "AWS_EC2_METADATA_DISABLED": "true"}
    # What is ours comes last; what else a process obeys was refused before (`not_for_a_secret`).
    return {**secrets, **kept, **own}
