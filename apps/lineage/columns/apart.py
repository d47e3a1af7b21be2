"""Reads the SQL of a version's queries in processes of their own.

A short text may stand for a very long one (`a || a AS b, b || b AS c, …`): what it takes to read it is bounded by the system alone,
and a thread of the dispatcher that did it would take the claims of all its neighbours with it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import structlog

from apps.lineage.domain import LONGEST_SQL, MOST_CPU_SECONDS, MOST_MEMORY_MB, Parsed
from operators.sdk.words import Derivation

# The clock of a machine that is busy with others; and of all queries of a version, whose message is claimed meanwhile.
_MOST_SECONDS, _MOST_SECONDS_IN_ALL = 15.0, 25.0
_ROOT = Path(__file__).resolve().parents[3]
log = structlog.get_logger("trace.lineage")


class Parser:
    """Of one version. `known`: the columns of datasets, by name, as far as they are."""

    def __init__(self, known: Mapping[str, Sequence[str]]) -> None:
        self._known = known
        self._left = _MOST_SECONDS_IN_ALL

    def parse(self, sql: str) -> Parsed:
        if len(sql) > LONGEST_SQL:
            return Parsed(reason=f"Its SQL is longer than {LONGEST_SQL:,} characters, so its columns are not traced.")
        if self._left <= 0:
            return Parsed(reason="The queries of this version took too long to read; what was left of them is not traced.")
        began = time.monotonic()
        try:
            return _asked(json.dumps({"sql": sql, "tables": {name: list(columns) for name, columns in self._known.items()}}))
        finally:
            self._left -= time.monotonic() - began


def _asked(question: str) -> Parsed:
    # Nothing of this process's environment: who finds a hole in the parser finds no key.
    command = [sys.executable, "-m", "apps.lineage.columns.child"]
    try:
        done = subprocess.run(
            command, input=question.encode(), capture_output=True, check=False, cwd=_ROOT, env={}, timeout=_MOST_SECONDS
        )
    except subprocess.TimeoutExpired:
        return _too_much()
    if done.returncode == 0:
        answer = json.loads(done.stdout)
        columns = {name: tuple((table, column, Derivation(how)) for table, column, how in of) for name, of in answer["columns"]}
        return Parsed(columns, answer["reason"])
    *_, words = ["", *done.stderr.decode(errors="replace").split("\n")[:-1]]
    log.warning("sql_not_read", code=done.returncode, error=words[:200])
    # Beyond its share of time the system ends it; a thing that breaks in the parser has its name in the last line.
    if done.returncode < 0 or words.startswith("MemoryError"):
        return _too_much()
    return Parsed(reason=f"Its SQL could not be read for its columns: {words[:200]}.")


def _too_much() -> Parsed:
    return Parsed(
        reason=f"Its SQL takes more than {MOST_CPU_SECONDS} seconds or {MOST_MEMORY_MB} MB to read, so its columns are not traced. "
        "Shorten it: name columns instead of `*`, and build no column on a column of the same SELECT."
    )
