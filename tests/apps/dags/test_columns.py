"""Columns and references of a config: what a declaration or a config says is held against what a document says elsewhere."""

from __future__ import annotations

import pytest

from apps.dags.document.meaning import meaning_of
from apps.dags.document.validating import check
from apps.dags.publications import publications
from tests.apps.dags.known import KNOWN

START = "  - { name: start, activation: source, runtime: dispatcher, operator: trigger_manual, outputs: 1, source: { kind: manual } }\n"
ALERT = """  - name: alert
    activation: reactive
    runtime: lambda
    operator: alert_evaluate
    outputs: 1
    inputs: [{ from: { job: start } }]
    execution_strategy: PerUpdate
    update_strategy: append
    unique_key: [dedupe_key]
    config: { condition: { kind: sql, sql: SELECT 1 } }
"""
SCORE = """  - name: score
    activation: reactive
    runtime: lambda
    operator: udf
    outputs: 1
    inputs: [{ from: { job: start } }]
    execution_strategy: PerUpdate
    update_strategy: append
    unique_key: [whatever]
    udf: { bundle_id: scores }
"""
FEED = """  - name: feed
    activation: source
    runtime: ecs_platform
    operator: http_ingest
    outputs: 1
    source: { kind: cron, schedule: 0 * * * * }
    secrets: [user/FEED_KEY]
    config:
      url: https://feeds.example.com/prices
      columns: [{ name: symbol, type: text }, { name: price, type: float64, nullable: true }]
      auth: { secret: FEED_KEY }
"""
FOLLOW = """  - name: follow
    activation: source
    runtime: ecs_platform
    operator: block_follower
    outputs: 3
    source: { kind: always_on }
    config: { chain_id: 1, rpc_pool: standard }
  - name: compact
    activation: reactive
    runtime: ecs_platform
    operator: parquet_compact
    outputs: 1
    inputs: [{ from: { job: follow } }]
    execution_strategy: PerPartition
    update_strategy: replace
    config: { chain_id: 1, hot_dataset: hot_blocks }
"""
UNION = "  all_blocks: { union: { cold: { job: compact }, hot: { job: follow }, key: block_number } }\n"


def document(jobs: str, publish: str = "") -> str:
    return f"name: example\njobs:\n{START}{jobs}" + (f"publish:\n{publish}" if publish else "")


def problems(jobs: str, publish: str = "") -> list[tuple[str, str]]:
    return [(problem.code.value, problem.path) for problem in check(document(jobs, publish), KNOWN).problems]


def feed(schema: str, more: str = "") -> str:
    return (
        f"  rates: {{ from: {{ job: feed }}, storage: postgres, write_mode: buffered, schema: {{ columns: {schema} }}{more} }}\n"
    )


def test_a_key_is_made_of_columns_that_the_operator_declares() -> None:
    assert problems(ALERT) == []
    assert problems(ALERT.replace("[dedupe_key]", "[dedupe_key, dedup]")) == [("unknown_column", "/jobs/1/unique_key/1")]


def test_of_what_only_a_task_knows_any_key_will_do() -> None:
    assert problems(SCORE) == []


@pytest.mark.parametrize(("schema", "found"), [
    ("[{ name: symbol, type: text }, { name: price, type: float64, nullable: true }]", []),
    ("[{ name: symbol, type: uuid }, { name: price, type: float64, nullable: true }]", [("schema_mismatch", "/0/type")]),
    ("[{ name: symbol, type: text }, { name: price, type: float64 }]", [("schema_mismatch", "/1")]),
    ("[{ name: symbol, type: text }]", [("schema_mismatch", "")]),
    ("[{ name: symbol, type: text }, { name: price, type: float64, nullable: true }, { name: day, type: date }]",
     [("unknown_column", "/2/name")]),
])  # fmt: skip
def test_a_schema_fits_the_columns_that_are_known(schema: str, found: list[tuple[str, str]]) -> None:
    assert problems(FEED, feed(schema)) == [(code, f"/publish/rates/schema/columns{path}") for code, path in found]


def test_columns_with_personal_data_are_those_of_the_config() -> None:
    publish = "  rates: { from: { job: feed }, storage: s3, pii_columns: [symbol, name] }\n"

    assert problems(FEED, publish) == [("unknown_column", "/publish/rates/pii_columns/1")]


@pytest.mark.parametrize("secrets", ["", "    secrets: [OTHER_KEY]\n"])
def test_a_secret_that_a_config_names_is_one_of_the_jobs(secrets: str) -> None:
    assert problems(FEED) == []
    text = FEED.replace("    secrets: [user/FEED_KEY]\n", secrets)
    assert problems(text) == [("secret_not_listed", "/jobs/1/config/auth/secret")]


def test_a_dataset_that_a_config_names_is_there_or_published_here() -> None:
    elsewhere = FOLLOW.replace("hot_blocks", "tip")

    assert problems(FOLLOW) == []
    assert problems(elsewhere) == [("unknown_dataset", "/jobs/2/config/hot_dataset")]
    assert problems(elsewhere, "  tip: { from: { job: follow } }\n") == []


@pytest.mark.parametrize(("said", "found"), [
    ("", ["write_mode"]),
    (", storage: postgres", ["write_mode"]),
    (", storage: postgres, write_mode: direct", ["write_mode"]),
    (", write_mode: buffered", ["schema_needed"]),
    (", storage: s3", []),
    (", write_mode: buffered, schema: { columns: [{ name: id, type: text }] }", []),
])  # fmt: skip
def test_user_code_reaches_a_table_through_the_buffer_only(said: str, found: list[str]) -> None:
    assert [code for code, _ in problems(SCORE, f"  scores: {{ from: {{ job: score }}{said} }}\n")] == found


def test_a_union_is_filtered_by_what_both_halves_have() -> None:
    checked = check(document(FOLLOW, UNION), KNOWN)

    assert checked.problems == [] and checked.facts
    assert set(checked.facts.fields_of_dataset("all_blocks") or {}) == {"chain_id"}
    (published,) = publications(meaning_of(checked.facts))
    assert published.where == {"chain_id": "integer"}
