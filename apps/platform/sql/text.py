"""The text of a query before it is parsed: what it may weigh, its tokens by DuckDB's own tokenizer, and where they stand."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass

from apps.platform.sql.rejection import Rejected

MOST_BYTES = 1 << 20
MOST_TOKENS = 100_000
# The parser flattens a chain of AND or OR in a time that grows with its square: 130,000 of them take it 50 seconds.
MOST_CONDITIONS = 5_000
# Each makes DuckDB's tokenizer look through all signs after it: 50,000 of them keep it busy for minutes.
MOST_COMMENTS = 200
# A text of quotes takes it a time that grows with their square: a million of them 14 seconds.
MOST_QUOTES = 100_000
# So does a row of +, each of which makes it look at all the others.
_ROW_OF_SIGNS = re.compile(rb"(?:\+-?){100}")
# A ROLLUP of n columns makes a tree of n * n of them.
MOST_ROLLED_UP = 100
# Of open brackets, before the parser, which is recursive, sees them.
MOST_BRACKETS = 200

# What DuckDB takes for a space beside those of ASCII. It replaces them by shorter ones, which shifts its positions: we do it first.
_WIDE_SPACES = re.compile("[\u00a0\u2000-\u200b\u202f\u205f\u3000\ufeff]")
# Where a wide space is part of what is meant. Each $ without its pair is looked for to the end.
_MOST_DOLLARS = 200
_QUOTED = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(\w*)\$.*?\$\1\$|--[^\n]*|/\*.*?\*/""", re.DOTALL)
_WORD = re.compile(rb"[A-Za-z_\x80-\xff][A-Za-z0-9_$\x80-\xff]*")
_IDENTIFIER = re.compile(rb'"(?:[^"]|"")+"|[A-Za-z_\x80-\xff][A-Za-z0-9_$\x80-\xff]*')


@dataclass(frozen=True)
class Text:
    """Offsets are of bytes, as DuckDB counts; `position` turns one into characters, as people do."""

    data: bytes
    starts: tuple[int, ...]

    def position(self, offset: int) -> int:
        return len(self.data[:offset].decode("utf-8", "ignore"))

    def at(self, offset: int) -> int | None:
        """The number of the token that starts there."""
        index = bisect_left(self.starts, offset)
        return index if index < len(self.starts) and self.starts[index] == offset else None

    def word(self, index: int) -> str:
        """In small letters; empty where the token is no plain word."""
        found = _WORD.match(self.data, self.starts[index]) if 0 <= index < len(self.starts) else None
        return found[0].decode("utf-8", "replace").lower() if found else ""

    def sign(self, index: int) -> str:
        """The token up to the next one, without what is between them; of a comment between them as well."""
        if not 0 <= index < len(self.starts):
            return ""
        end = self.starts[index + 1] if index + 1 < len(self.starts) else len(self.data)
        return self.data[self.starts[index] : end].decode("utf-8", "replace").strip()

    def identifier_end(self, index: int) -> int | None:
        """Where it ends if it is one, quoted or not: a string or a number in its place is none."""
        if not 0 <= index < len(self.starts):
            return None
        found = _IDENTIFIER.match(self.data, self.starts[index])
        if found is None or self.data[found.end() : found.end() + 1] == b"'":
            return None
        return found.end()


def weighed(text: str) -> Text:
    """Raises Rejected for what no parser should have to read."""
    data = _bytes(text)
    if data.count(b"/*") > MOST_COMMENTS:
        raise Rejected(f"The query has more than {MOST_COMMENTS} comments.", hint="Write them with -- instead of /* */.")
    if data.count(b"'") > MOST_QUOTES:
        raise Rejected(
            f"The query has more than {MOST_QUOTES:,} quotes.", hint="Put long lists of values into a dataset and join it."
        )
    if signs := _ROW_OF_SIGNS.search(data):
        raise too_deep(Text(data, ()).position(signs.start()))
    starts = _starts(data)
    if len(starts) > MOST_TOKENS:
        raise Rejected(
            f"The query has {len(starts):,} words and signs; {MOST_TOKENS:,} are read at most.",
            hint="Put long lists of values into a dataset and join it.",
        )
    return _within_bounds(Text(data, starts))


def _bytes(text: str) -> bytes:
    if "\x00" in text:
        raise Rejected("The query holds a NUL character.", code="SQL_SYNTAX", position=text.index("\x00"))
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        raise Rejected("The query holds half a character.", code="SQL_SYNTAX", position=error.start) from None
    if size > MOST_BYTES:
        raise Rejected(f"The query has {size:,} bytes; {MOST_BYTES:,} are read at most.", hint="Put long lists into a dataset.")
    return _with_plain_spaces(text).encode()


def _with_plain_spaces(text: str) -> str:
    """One character for one, so that positions stay. Where this reads quotes other than DuckDB, the gate refuses it."""
    if not _WIDE_SPACES.search(text):
        return text
    if text.count("$") > _MOST_DOLLARS:
        raise Rejected("The query has spaces that are no plain ones.", hint="Write it with plain spaces.")
    pieces, at = [], 0
    for quoted in _QUOTED.finditer(text):
        pieces += [_WIDE_SPACES.sub(" ", text[at : quoted.start()]), quoted[0]]
        at = quoted.end()
    return "".join([*pieces, _WIDE_SPACES.sub(" ", text[at:])])


def _starts(data: bytes) -> tuple[int, ...]:
    # Here and not above: DuckDB weighs 30 MB, and most processes that import this package read no SQL.
    import duckdb  # noqa: PLC0415

    return tuple(start for start, _ in duckdb.tokenize(data.decode()))


def _within_bounds(text: Text) -> Text:
    depth = conditions = 0
    for index, start in enumerate(text.starts):
        sign = text.data[start : start + 1]
        depth += (sign in b"([{") - (sign in b")]}")
        if depth > MOST_BRACKETS:
            raise too_deep(text.position(start))
        conditions += sign in b"aAoO" and text.word(index) in {"and", "or"}
        if conditions > MOST_CONDITIONS:
            raise Rejected(
                f"The query has more than {MOST_CONDITIONS:,} ANDs and ORs.",
                position=text.position(start),
                hint="Write IN (…), or put the values into a dataset and join it.",
            )
    if _rolled_up(text) > MOST_ROLLED_UP:
        raise Rejected(f"ROLLUP and CUBE take {MOST_ROLLED_UP} columns at most.", hint="Write GROUPING SETS.")
    return text


def _rolled_up(text: Text) -> int:
    """How many commas are inside brackets after ROLLUP and CUBE."""
    depth = inside = commas = 0
    for index, start in enumerate(text.starts):
        sign = text.data[start : start + 1]
        depth += (sign == b"(") - (sign == b")")
        if sign == b"(" and not inside and text.word(index - 1) in {"rollup", "cube"}:
            inside = depth
        elif depth < inside:
            inside = 0
        commas += inside > 0 and sign == b","
    return commas


def too_deep(position: int | None = None) -> Rejected:
    return Rejected(
        "The query is nested too deep.",
        position=position,
        hint="Name parts of it in a WITH clause; write a long chain of operators as a list, such as list_sum([…]).",
    )
