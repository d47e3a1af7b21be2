"""Whatever somebody sends is answered with problems: never an exception, in their order, inside the text, and bounded."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.dags.document.edits import EDIT, edited
from apps.dags.document.graph import graph_of
from apps.dags.document.problems import MOST_PROBLEMS
from apps.dags.document.reading import LONGEST_BYTES
from apps.dags.document.schedules import BadSchedule, parse_schedule
from apps.dags.document.validating import Checked, check
from apps.platform.errors import UserError
from tests.apps.dags.documents import Doc, dags, seeds
from tests.apps.dags.known import KNOWN
from tests.apps.dags.writing import written

fuzz = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])

# What YAML makes something of, and what editors, terminals and parsers trip over.
TOKENS = [
    "name", "jobs", "publish", "inputs", "from", "job", "where", "entrypoints", "trigger", "config", "example", "1", "0x1F", "1e999", ".nan", "-",
    ":", ": ", "- ", "? ", "\n", "\n  ", "\n    ", "\t", " ", "[", "]", "{", "}", ",", "&a ", "*a", "<<: ", "!", "!!str ", "|", ">-", "|2", "'", '"',
    "\\", "#", " #", "%", "@", "`", "---\n", "...\n", "~", "null", "true", "2026-01-01", "12:30", "\r", "\r\n", "\ufeff", "\x85", "\u2028",
    "\u2029", "\x00", "\x07", "\x7f", "\ud800", "\ufffe", "🥊", "e\u0301", "\u202e", "שלום", "\U0010ffff", "x" * 300,
]  # fmt: skip


def broken_documents() -> st.SearchStrategy[str]:
    return st.builds(_broken, dags(), seeds())


def _broken(document: Doc, random: Random) -> str:
    """Pieces cut out, doubled and put elsewhere."""
    text = written(document, random)
    for _ in range(random.randint(1, 5)):
        start = random.randrange(len(text) + 1)
        end = min(len(text), start + random.choice([0, 1, 1, 3, 40]))
        text = text[:start] + random.choice(["", random.choice(TOKENS), text[start:end] * 2]) + text[end:]
    return text


texts = st.one_of(st.text(), st.lists(st.sampled_from(TOKENS), max_size=60).map("".join), broken_documents())


def require_sane(checked: Checked) -> None:
    lines = checked.text.split("\n")
    for problem in checked.problems:
        assert 1 <= problem.line <= len(lines)
        assert 1 <= problem.column <= len(lines[problem.line - 1]) + 1
        assert problem.message[-1] in ".?"
        assert len(problem.message) + len(problem.hint) < 3000
    places = [(problem.line, problem.column) for problem in checked.problems]
    assert places == sorted(places)
    assert len(places) <= MOST_PROBLEMS


@fuzz
@given(texts)
def test_any_text_is_answered_with_problems_inside_it(text: str) -> None:
    checked = check(text, KNOWN)

    require_sane(checked)
    graph_of(checked)


@fuzz
@given(dags(), seeds())
def test_bytes_that_were_mutated_are_answered(document: Doc, random: Random) -> None:
    given_bytes = bytearray(written(document, random).encode())
    for _ in range(random.randint(1, 4)):
        given_bytes[random.randrange(len(given_bytes))] = random.randrange(256)

    require_sane(check(given_bytes.decode(errors="surrogateescape"), KNOWN))


@fuzz
@given(
    texts,
    st.sampled_from(["add_job", "connect", "disconnect", "rename_job", "delete_job"]),
    st.text(max_size=20),
    st.text(max_size=20),
)
def test_an_edit_of_any_text_is_done_or_refused(text: str, kind: str, one: str, two: str) -> None:
    asked: dict[str, Any] = {
        "add_job": {"operator": "query", "after": one}, "rename_job": {"job": one, "name": two}, "delete_job": {"job": one},
    }.get(kind, {"from": one, "to": two})  # fmt: skip

    try:
        patch = edited(text, EDIT.validate_python({"kind": kind, **asked}), KNOWN.operators)
    except UserError:
        return
    assert patch.text
    assert 0 <= patch.caret <= len(patch.text)


@fuzz
@given(broken_documents(), seeds())
def test_an_edit_of_a_broken_document_is_done_or_refused(text: str, random: Random) -> None:
    name = random.choice(["query_1", "udf_2", "example"])
    for asked in (
        {"kind": "add_job", "operator": "udf"},
        {"kind": "rename_job", "job": name, "name": "brand_new"},
        {"kind": "delete_job", "job": name},
        {"kind": "connect", "from": "brand_new", "to": name},
    ):
        try:
            edited(text, EDIT.validate_python(asked), KNOWN.operators)
        except UserError:
            pass


_CRON = [*"0123456789*/-,?#LW ", "cron(", ")", "rate(", "MON", "٣"]


@fuzz
@given(st.one_of(st.text(), st.lists(st.sampled_from(_CRON)).map("".join)))
def test_any_schedule_is_one_or_is_refused(text: str) -> None:
    try:
        schedule = parse_schedule(text)
    except BadSchedule:
        return
    assert schedule.every or schedule.cron


def _jobs(one: Any) -> str:
    """As many as fit into a document."""
    head, size, lines = "name: example\njobs:\n", 0, []
    for number in itertools.count():
        line = one(number)
        size += len(line.encode())
        if size > LONGEST_BYTES - 100:
            return head + "".join(lines)
        lines.append(line)
    raise AssertionError


def _chain(*, inputs: int) -> Iterator[str]:
    """Every job reads the one before it and, so that there are many circles, some behind it."""
    yield "name: example\njobs:\n"
    for number in range(1500):
        reads = ", ".join(f"{{from: {{job: j{(number + step) % 1500}}}}}" for step in (1499, *range(1, inputs)))
        yield f"- {{name: j{number}, activation: reactive, runtime: ecs_platform, operator: range_splitter, outputs: 1, inputs: [{reads}], "
        yield "execution_strategy: PerPartition, update_strategy: replace}\n"


_COMPACT = "operator: parquet_compact, outputs: 1, config: {chain_id: 1, hot_dataset: x}, execution_strategy: PerPartition, update_strategy: replace"
# Each would take minutes, or gigabytes, if the work grew with the square of the text.
LARGE = {
    "empty jobs": lambda: _jobs(lambda _: "- {}\n"),
    "names that are nearly others": lambda: _jobs(
        lambda number: f"- {{name: job_{number}, activation: reactive, runtime: ecs_platform, operator: query, outputs: 1, inputs: [{{from: {{job: jbo_{number}}}}}]}}\n"
    ),
    "compactions in a row": lambda: _jobs(
        lambda number: f"- {{name: j{number}, activation: reactive, runtime: ecs_platform, inputs: [{{from: {{job: j{number - 1}}}}}], {_COMPACT}}}\n"
        if number else "- {name: j0, activation: source, runtime: ecs_platform, operator: block_follower, outputs: 1, source: {kind: always_on}, config: {chain_id: 1, rpc_pool: x, max_reorg_depth: 999}}\n"
    ),
    "circles": lambda: "".join(_chain(inputs=8)),
    "unknown keys": lambda: "{" + ", ".join(f"k{number}: 1" for number in range(90_000)) + "}",
    "filters of nothing": lambda: "jobs: [{inputs: [{where: {" + ", ".join(f"k{number}: ~" for number in range(90_000)) + "}}]}]",
    "one long key": lambda: "? " + "x" * 1_000_000 + "\n: {" + ", ".join(f"k{number}: 1" for number in range(900)) + "}\n",
    "keys that are there twice": lambda: "{" + "a: 1, " * 150_000 + "}",
    "one long word": lambda: "name: " + "x" * 1_000_000,
    "brackets": lambda: "[" * 1_000_000,
    "braces": lambda: "{a: " * 200_000,
    "lists in lists": lambda: "- " * 500_000,
    "anchors": lambda: "".join(f"- &a{number} x\n- *a{number}\n" for number in range(9_000)),
    "datasets": lambda: "publish: {" + ", ".join(f"D{number}: {{from: {{job: x{number}}}}}" for number in range(20_000)) + "}",
    "columns": lambda: "name: example\npublish: {x: {from: {job: a}, write_mode: buffered, schema: {columns: ["
    + ", ".join(f"{{name: column_{number}, type: text}}" for number in range(1000)) + "]}, column_descriptions: {"
    + ", ".join(f"clumn_{number}: a" for number in range(20_000)) + "}}}",
}  # fmt: skip


@pytest.mark.parametrize("make", LARGE.values(), ids=LARGE.keys())
def test_a_large_document_is_answered_in_a_bounded_list(make: Any) -> None:
    text = make()
    assert 10_000 < len(text) <= LONGEST_BYTES

    checked = check(text, KNOWN)

    assert checked.problems
    require_sane(checked)
    graph_of(checked)
