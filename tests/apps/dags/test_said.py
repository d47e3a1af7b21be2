"""What is said of the slips that people make: one cause, one problem, at the place where one looks."""

from __future__ import annotations

import gc
import re
from dataclasses import replace

import pytest

from apps.dags.document.codes import Code
from apps.dags.document.schedules import BadSchedule, parse_schedule
from apps.dags.document.validating import check
from tests.apps.dags.known import ANYWHERE, KNOWN

START = "name: example\njobs:\n  - { name: start, activation: source, runtime: %s, operator: trigger_manual, outputs: %s, source: { kind: manual }%s }\n"
ONE = START % ("dispatcher", 1, "")
FOLLOW = """\
  - name: follow
    activation: source
    runtime: ecs_platform
    operator: block_follower
    outputs: 3
    source: { kind: always_on }
    config:
      chain_id: 1
      %s
"""
READ = """\
  - name: read
    activation: reactive
    runtime: ecs_platform
    operator: query
    outputs: 1
    inputs: %s
    execution_strategy: PerUpdate
    update_strategy: replace
    config: { sql: SELECT 1 }
"""
ALERT = (
    "  - { name: a, activation: reactive, runtime: lambda, operator: alert_evaluate, outputs: 1, inputs: [{ from: { job: start } }],"
    " execution_strategy: PerUpdate, update_strategy: replace, %s }\n"
)

# Each: the text, and for every problem its line and the words that must be in what is said.
SAID: dict[str, tuple[str, list[tuple[int, str]]]] = {
    "nothing behind optional keys": (ONE + "description:\ndefaults: ~\npublish: null\nentrypoints:\n", []),
    "a date is text": (ONE + "description: 2026-01-01\n", []),
    "a word of YAML 1.1 is text": (ONE + "description: on\n", []),
    "true for a number": (START % ("dispatcher", "true", ""), [(3, "whole number; it is `true`")]),
    "nothing for a number": (START % ("dispatcher", "~", ""), [(3, "it is empty")]),
    "a float for a number": (START % ("dispatcher", "1.0", ""), [(3, "it is the number 1.0")]),
    "digits in quotes": (START % ("dispatcher", "'1'", ""), [(3, "Remove the quotes.")]),
    "a word for a number is not asked to lose quotes": (START % ("dispatcher", "two", ""), [(3, "it is the text `two`. How many outputs")]),
    "yes for true": (START % ("dispatcher", 1, ", validates: yes"), [(3, "`yes` and `on` are text")]),
    "a number for text": (ONE + "description: 12\n", [(4, "Put it in quotes.")]),
    "a number for a duration": (START % ("dispatcher", 1, ", idle_timeout: 5"), [(3, "such as `5m`")]),
    "a key twice in braces": (START % ("dispatcher", 1, ", outputs: 2"), [(3, "`outputs` is here twice; the first is on line 3")]),
    "a name that is too long": (START.replace("name: start", "name: " + "a" * 500) % ("dispatcher", 1, ""), [(3, "aaa…` cannot stand here")]),
    "a zero before a number": (START % ("dispatcher", "010", ""), [(3, "it is the text `010`. A number does not begin with 0: write `10`, or `8`")]),
    "a zero before a number that is not octal": (START % ("dispatcher", "09", ""), [(3, "write `9`.")]),
    "a zero before digits that are text": (ONE + "description: 007\n", []),
    "a number of thousands of digits": (START % ("dispatcher", "1" * 5000, ""), [(3, "This number has 5,000 digits; no number here has more than 100.")]),
    "thousands of digits in quotes": (START % ("dispatcher", f"'{'1' * 5000}'", ""), [(3, "has 5,000 digits")]),
    "a job that is read by its name alone": (ONE + READ % "[start]", [(9, "it is the text `start`. Write `- from: { job: start, output: 0 }`.")]),
    "a job that is read without a list": (ONE + READ % "start", [(9, "it is the text `start`. Write `- from: { job: start, output: 0 }`.")]),
    "a job behind from": (ONE + READ % "[{ from: start }]", [(9, "it is the text `start`. Write `from: { job: start, output: 0 }`.")]),
    "a word that no job is called, where one is read": (ONE + READ % "[No Job]", [(9, "Write `- from: { job: name, output: 0 }`.")]),
    "a key that is missing in a block": (ONE + FOLLOW % "", [(10, "`rpc_pool` is missing")]),
    "a word that is nearly the other": (
        ONE + FOLLOW % "rpc_pool: x\n      start_block: lates", [(13, "`latest` or a whole number; it is the text `lates`. Did you mean `latest`?")],
    ),
    "a default that lambda cannot keep, once for all jobs": (
        "defaults: { timeout_seconds: 3600 }\n" + START % ("lambda", 1, "") + ONE.split("\n", 2)[2].replace("start", "more").replace("dispatcher", "lambda"),
        [(1, "`start` runs in `lambda`")],
    ),
    "user code of an operator that runs none, said once": (ONE + READ % "[{ from: { job: start } }]" + "    udf: { bundle_id: nobody }\n", [(13, "runs no bundle here")]),
    "a trigger that is wrong inside": (
        ONE + READ % "[{ from: { job: start } }]" + "    trigger: { all: [0], timeout: 10 }\n", [(13, "such as `5m`")],
    ),
    "a trigger that forgets an input": (
        ONE + FOLLOW % "rpc_pool: x" + READ % "[{ from: { job: start } }, { from: { job: follow } }]" + "    trigger: { any: [1] }\n",
        [(22, "never asks for input 0")],
    ),
    "a filter with a list": (
        ONE + FOLLOW % "rpc_pool: x" + READ % "[{ from: { job: follow }, where: { chain_id: [1, x, 1.5], topic0: 5 } }]",
        [(18, "this is `x`"), (18, "this is `1.5`"), (18, "`topic0` is text")],
    ),
    "a filter of a dataset whose publication is wrong": (
        ONE + READ % "[{ from: { dataset: mine }, where: { x: 1 } }]" + "publish:\n  mine: { form: { job: start } }\n", [(14, "no key `form`")],
    ),
    "two inputs that are both wrong": (
        ONE + READ % "[{ from: {} }, { from: {} }]", [(9, "from a `job` or from a `dataset`")] * 2,
    ),
    "a source that appends": (START % ("dispatcher", 1, ", update_strategy: append"), [(3, "about inputs, and a source has none")]),
    "a condition of user code without a bundle": (ONE + ALERT % "config: { condition: { kind: udf } }", [(4, "runs a bundle here, and none is named")]),
    "a bundle beside a condition in SQL": (
        ONE + ALERT % "udf: { bundle_id: scores }, config: { condition: { kind: sql, sql: SELECT 1 } }", [(4, "runs no bundle here")],
    ),
    "a fault behind an anchor is said once, where it is written": (
        (START % ("dispatcher", 0, "")).replace("- {", "- &x {") + "  - <<: *x\n    name: more\n", [(3, "at least 1; it is 0")],
    ),
    "a union of what is not there": (
        ONE + FOLLOW % "rpc_pool: x" + "publish:\n  u:\n    union:\n      cold: { job: nobody }\n      hot: { job: follow, output: 7 }\n      key: height\n",
        [(16, "no job `nobody`"), (17, "no output 7")],
    ),
    "lines that only YAML 1.1 counts": ('name: example\ndescription: "a\u2028b\x85c"\nfoo: 1\njobs: []\n', [(3, "no key `foo`"), (4, "no jobs")]),
    "a tab that is no indentation": ("name:\texample\njobs:\t@\n", [(2, "`@` cannot start a value")]),
    "a stream whose name is too long for a job": (
        "name: example\nentrypoints:\n  - name: " + "e" * 41 + "\n    kind: chain_sync\n    chain_id: 1\n    mode: { kind: follow_head, from_block: 0 }\n"
        "    streams: [{ dataset_key: " + "d" * 30 + ", cryo_dataset_name: blocks, rpc_pool: x }]\n", [(7, "72 characters long")],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "wanted"), SAID.values(), ids=SAID.keys())
def test_it_is_said_once_where_one_looks(text: str, wanted: list[tuple[int, str]]) -> None:
    problems = check(text, KNOWN).problems

    assert [problem.line for problem in problems] == [line for line, _ in wanted]
    for problem, (_, words) in zip(problems, wanted, strict=True):
        assert words in f"{problem.message} {problem.hint}"


@pytest.mark.parametrize(
    ("asked", "name", "wanted"),
    [
        ("other", "example", "Write `name: other`, or deploy it under its own name."),
        ("other", "Bad.One", "Write `name: other`."),
        ("my.file", "example", "Deploy it as `example`: no DAG can be called `my.file`."),
        ("My.File", "Bad.One", "Choose a name for both: lower-case letters, digits, `_` and `-`, a letter first, at most 63."),
    ],
)
def test_no_name_is_proposed_that_a_dag_cannot_have(asked: str, name: str, wanted: str) -> None:
    problems = check(ONE.replace("name: example", f"name: {name}"), replace(KNOWN, dag=asked)).problems

    assert [problem.hint for problem in problems if problem.code == "name_mismatch"] == [wanted]


def test_a_check_leaves_the_collector_as_it_was() -> None:
    check(ONE, KNOWN)
    assert gc.isenabled()

    gc.disable()
    try:
        check(ONE, KNOWN)
        assert not gc.isenabled()
    finally:
        gc.enable()


@pytest.mark.parametrize(("text", "line", "column", "hint"), [
    ("name: a\njobs:\n  - name:wait\n    activation: source\n", 3, 9, "Write `name: wait`."),
    ("name:a\n\njobs: []\n", 1, 5, "Write `name: a`."),
    ("name: a\njobs:\n  - name: w\n    runtime:dispatcher\n    outputs: 1\n", 4, 12, "Write `runtime: dispatcher`."),
])  # fmt: skip
def test_a_space_that_is_missing_behind_a_colon_is_told_where_it_is_missing(text: str, line: int, column: int, hint: str) -> None:
    (problem,) = check(text, ANYWHERE).problems

    assert (problem.code, problem.line, problem.column, problem.hint) == (Code.YAML_SYNTAX, line, column, hint)


def test_an_address_above_what_cannot_be_read_misses_no_space() -> None:
    (problem,) = check("name: a\ndescription: see\n  http://localhost\njobs: b: c\n", ANYWHERE).problems

    assert (problem.line, problem.message) == (4, "A `:` stands where no key can be.")


@pytest.mark.parametrize(("schedule", "said"), [
    ("0 0 30 2 *", "No year has such a date: it would never fire."),
    ("0 0 31 4,6 *", "No year has such a date: it would never fire."),
    ("0 0 32 2 *", "This is no cron expression: bad day-of-month."),
    ("cron(0 12 1 * 2 *)", "With `cron(...)` of six fields, the day of the month or the weekday is `?` or `*`."),
])  # fmt: skip
def test_a_schedule_that_cannot_be_kept_says_why(schedule: str, said: str) -> None:
    with pytest.raises(BadSchedule, match=re.escape(said)):
        parse_schedule(schedule)


def test_two_stars_for_the_days_of_six_fields_are_every_day_as_with_a_question_mark() -> None:
    assert parse_schedule("cron(0 12 * * * *)") == parse_schedule("cron(0 12 * * ? *)")


@pytest.mark.parametrize("name", ["schema", "validate"])
def test_a_reserved_name_is_refused_with_the_name_that_was_asked_for(name: str) -> None:
    text = f"name: {name}\njobs:\n  - {{ name: go, activation: source, runtime: dispatcher, operator: trigger_manual, outputs: 1, source: {{ kind: manual }} }}\n"
    (problem,) = check(text, ANYWHERE).problems
    assert (problem.code, problem.path) == (Code.RESERVED_NAME, "/name")

    (problem,) = check(text, replace(ANYWHERE, dag="mine")).problems
    assert problem.hint == "Write `name: mine`."
