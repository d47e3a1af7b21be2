"""Whatever is written, the gate answers with what it knows of it or with a refusal."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from apps.platform.sql.columns import columns_of
from apps.platform.sql.gate import read
from apps.platform.sql.rejection import Rejected
from apps.platform.sql.rewriting import rewrite
from tests.platform.sql import attacks, good

CORPUS = [*good.QUERIES, *attacks.REJECTED, *attacks.SYNTAX]
PIECES = st.sampled_from([
    "'", '"', "$$", "$a$", "--", "/*", "*/", ";", "(", ")", "[", "]", "{", "}", "\\", "\n", "\u00a0", "\ufeff",
    "\x00", "\ud800", "é", "🎉", " AS ", " AT (VERSION => 2)", ", ", ".", "::", "->", "FROM ", "WITH a AS (", "SELECT ", "EXPLAIN ",
    "DESCRIBE ", "getenv('x')",
    "'x.csv'", "*", "?", "$x", "COLUMNS(*)", "PIVOT ", "E'", "x'", "b: ", "#1",
])  # fmt: skip


def answers(sql: str) -> None:
    refused = refusal_of(sql)
    assert refused is None or (refused.message and (refused.position is None or 0 <= refused.position <= len(sql)))


def refusal_of(sql: str) -> Rejected | None:
    try:
        statement = read(sql)
        rewritten = rewrite(statement, {reference: f"pin {place}" for place, reference in enumerate(statement.references)})
        columns_of(statement, {reference: {"number": "INT", "hash": "VARCHAR"} for reference in statement.references})
        # What comes out is let through again, and reads nothing but what is pinned.
        assert all(reference.name.startswith("pin ") for reference in read(rewritten).references)
    except Rejected as refused:
        return refused
    return None


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_answered(text: str) -> None:
    answers(text)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(PIECES, st.sampled_from(["a", "blocks", "1"])), max_size=30))
def test_any_heap_of_pieces_is_answered(pieces: list[str]) -> None:
    answers("".join(pieces))


@st.composite
def mutated(draw: st.DrawFn) -> str:
    sql = draw(st.sampled_from(CORPUS))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(sql)))
        end = draw(st.integers(start, min(len(sql), start + 8)))
        sql = sql[:start] + draw(st.one_of(PIECES, st.just(""), st.sampled_from(CORPUS))) + sql[end:]
    return sql


@settings(max_examples=600, deadline=None)
@given(mutated())
def test_any_change_to_what_is_known_is_answered(sql: str) -> None:
    answers(sql)


def test_what_is_known_is_answered() -> None:
    for sql in CORPUS:
        answers(sql)
