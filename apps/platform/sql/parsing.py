"""DuckDB's own parser: text to tree, and nothing else. The connection it runs in is locked, and holds no data."""

from __future__ import annotations

import json
import os
import re
import threading
from typing import Any, cast

from apps.platform.sql.rejection import Rejected
from apps.platform.sql.statement import Node
from apps.platform.sql.text import Text, too_deep

# Of the tree in JSON: some words become long trees. Python holds ten times as much while it is read.
MOST_TREE = 8 << 20
# In this order: what is off cannot be changed any more.
_LOCK = """
    SET threads = 1; SET memory_limit = '512MB'; SET temp_directory = ''; SET autoinstall_known_extensions = false;
    SET autoload_known_extensions = false; SET python_enable_replacements = false; SET enable_external_access = false;
    SET lock_configuration = true
"""
_SERIALISE = "SELECT json_serialize_sql('{}', skip_default := true, skip_empty := true, skip_null := true)"
_TOO_DEEP = ("Max expression depth", "memory exhausted")
_opening = threading.Lock()
# By process: a child of a fork must not touch what its parent opened.
_opened: dict[int, Any] = {}


def tree_of(text: Text) -> Node:
    """The tree of exactly one SELECT. Raises Rejected, in our words where the parser's say nothing to a person."""
    answer = _serialised(text)
    if len(answer) > MOST_TREE:
        raise Rejected("The query is too large to be read.", hint="Put long lists of values into a dataset and join it.")
    try:
        parsed = cast("Node", json.loads(answer))
    except RecursionError:
        raise too_deep() from None
    if parsed["error"]:
        raise _refusal(parsed, text)
    statements = parsed.get("statements", [])
    if len(statements) != 1:
        problem = "There is no query." if not statements else f"There are {len(statements)} statements; one is run at a time."
        raise Rejected(problem, hint="Write one SELECT.")
    return cast("Node", statements[0])


def _serialised(text: Text) -> str:
    """The text goes in as a literal: a bound parameter makes DuckDB's client import pandas, which takes seconds."""
    import duckdb  # noqa: PLC0415 - as in `text`: not in processes that read no SQL.

    literal = text.data.decode().replace("'", "''")
    connection = _connection()
    try:
        with connection.cursor() as cursor:
            (answer,) = cursor.execute(_SERIALISE.format(literal)).fetchone()
    except duckdb.Error as error:
        raise Rejected("The query could not be read.", code="SQL_SYNTAX", hint=str(error).split("\n", 1)[0][:200]) from None
    return cast("str", answer)


def _connection() -> Any:
    import duckdb  # noqa: PLC0415 - as above.

    with _opening:
        if os.getpid() not in _opened:
            connection = duckdb.connect(":memory:")
            connection.execute(_LOCK)
            _opened[os.getpid()] = connection
        return _opened[os.getpid()]


def _refusal(answer: Node, text: Text) -> Rejected:
    message = answer.get("error_message", "")
    position = text.position(int(answer["position"])) if "position" in answer else None
    if message.startswith(_TOO_DEEP):
        return too_deep(position)
    if message.startswith("Only SELECT"):
        return _no_select(text)
    if message.startswith("Mixing named and positional"):
        return Rejected("Parameters are named: ? and $1 cannot be mixed with them.", position=position, hint="Write $name.")
    words = _in_our_words(message)
    hint = "" if position is not None else message[:200]
    return Rejected(words, code="SQL_SYNTAX", position=position, hint=hint)


def _no_select(text: Text) -> Rejected:
    first = text.word(0)
    if any(text.word(index) == "pivot" for index in range(len(text.starts))):
        return Rejected(
            "PIVOT needs to know its columns.", hint="Write the values: PIVOT t ON column IN ('a', 'b') USING sum(x)."
        )
    if first == "explain":
        return Rejected("EXPLAIN takes no options but ANALYZE.", hint="Write EXPLAIN SELECT … or EXPLAIN ANALYZE SELECT ….")
    said = f"{first.upper()} is not run here: only" if first else "Only"
    return Rejected(f"{said} SELECT, DESCRIBE, SUMMARIZE and EXPLAIN are.", position=0, hint="Write one SELECT.")


def _in_our_words(message: str) -> str:
    if near := re.match(r'(?:syntax error|.*) at or near "(.*)"$', message, re.DOTALL):
        what = message.partition(" at or near ")[0]
        problem = "This does not fit" if what == "syntax error" else what[:1].upper() + what[1:]
        return f"{problem}, at “{near[1][:60]}”."
    if message == "syntax error at end of input":
        return "The query ends too early."
    return "The query cannot be read."
