"""What holds of every document, found out on documents at random."""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from random import Random
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, assume, given, settings

from apps.dags.document import tree
from apps.dags.document.comparing import Change, SourceEffect, compare
from apps.dags.document.json_schema import document_schema
from apps.dags.document.meaning import Meaning, meaning_of, yaml_hash
from apps.dags.document.reading import read
from apps.dags.document.validating import check
from tests.apps.dags.documents import Doc, dags, kept_of, seeds, whole_dags
from tests.apps.dags.known import KNOWN
from tests.apps.dags.mutations import MUTATIONS, Mutation
from tests.apps.dags.writing import reordered, written

many = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
some = settings(deadline=None, max_examples=5, suppress_health_check=[HealthCheck.too_slow])


@cache
def schema() -> jsonschema.Draft202012Validator:
    made = document_schema(KNOWN.operators)
    jsonschema.Draft202012Validator.check_schema(made)
    return jsonschema.Draft202012Validator(made)


def meant(text: str) -> Meaning:
    checked = check(text, KNOWN)
    assert checked.problems == []
    assert checked.facts
    return meaning_of(checked.facts)


def hashes(text: str) -> dict[str, str]:
    return {name: job.definition_hash for name, job in meant(text).jobs.items()}


TUNED = """name: example
jobs:
  - { name: follow, activation: source, runtime: ecs_platform, operator: block_follower, outputs: 3, source: { kind: always_on }, config: CONFIG }
"""


@pytest.mark.parametrize(
    ("config", "is_same"),
    [
        ("{ chain_id: 1, rpc_pool: standard, confirmations: 3, max_reorg_depth: 9, poll_interval_seconds: 5 }", True),
        ("{ chain_id: 1, rpc_pool: standard, max_reorg_depth: 9, start_block: 7 }", False),
    ],
)
def test_what_only_tunes_an_operator_is_not_its_definition(config: str, is_same: bool) -> None:
    before = meant(TUNED.replace("CONFIG", "{ chain_id: 1, rpc_pool: standard }"))
    (change,) = compare(before, meant(TUNED.replace("CONFIG", config))).jobs

    assert (change.change, change.is_rebuilt) == ((Change.TUNED, False) if is_same else (Change.CHANGED, True))
    assert change.source == SourceEffect.REPLACED, "what never ends reads its config once"


@many
@given(dags(), seeds())
def test_a_right_document_is_valid_however_it_is_written(document: Doc, random: Random) -> None:
    text = written(document, random)

    reading = read(text)

    assert reading.root
    assert tree.plain(reading.root) == document
    assert check(text, KNOWN).problems == []


@some
@given(whole_dags(), seeds())
def test_a_document_with_everything_is_valid_and_fits_the_json_schema(document: Doc, random: Random) -> None:
    assert check(written(document, random), KNOWN).problems == []
    assert [error.message for error in schema().iter_errors(document)] == []


@pytest.mark.parametrize("mutate", MUTATIONS.values(), ids=MUTATIONS.keys())
@some
@given(document=whole_dags(), random=seeds())
def test_a_fault_is_found_by_its_code_at_its_place(mutate: Mutation, document: Doc, random: Random) -> None:
    broken = deepcopy(document)

    wanted = mutate(broken, random)

    found = {(problem.code, problem.path) for problem in check(written(broken, random), KNOWN).problems}
    assert wanted in found


@many
@given(dags(), seeds())
def test_line_endings_change_no_hash_of_text_or_jobs(document: Doc, random: Random) -> None:
    text = written(document, random)
    from_windows = "\ufeff" + text.replace("\n", "\r\n")

    assert yaml_hash(check(from_windows, KNOWN).text) == yaml_hash(check(text, KNOWN).text)
    assert hashes(from_windows) == hashes(text)


@many
@given(dags(), seeds())
def test_comments_order_and_style_change_no_definition(document: Doc, random: Random) -> None:
    assert hashes(written(reordered(document, random), random)) == hashes(written(document, random))


@many
@given(dags(), seeds())
def test_what_is_true_without_a_word_changes_no_definition_when_it_is_written_out(document: Doc, random: Random) -> None:
    spoken = deepcopy(document)
    for job in spoken["jobs"]:
        for one in job.get("inputs", []):
            if "job" in one["from"]:
                one["from"].setdefault("output", 0)
        job.setdefault("config", {})
        if job["activation"] == "reactive":
            job.setdefault("trigger", "any")
        job["task_definition"] = None

    assert hashes(written(spoken, random)) == hashes(written(document, random))


@many
@given(dags())
def test_a_version_compared_with_itself_is_the_same(document: Doc) -> None:
    meaning = meant(written(document, Random(0)))

    comparison = compare(meaning, meaning)

    assert {job.change for job in comparison.jobs} == {Change.SAME}
    assert {dataset.change for dataset in comparison.datasets} <= {Change.SAME}
    assert comparison.rebuild_scope == ()


@many
@given(dags(), seeds())
def test_another_config_rebuilds_that_job_and_what_reads_it_and_no_other(document: Doc, random: Random) -> None:
    changed = deepcopy(document)
    job = random.choice(changed["jobs"])
    job["config"] = another_config(job)
    before, after = meant(written(document, random)), meant(written(changed, random))

    comparison = compare(before, after)

    assert [one.name for one in comparison.jobs if one.change is not Change.SAME] == [job["name"]]
    assert set(comparison.rebuild_scope) == reached(changed, job["name"])


def another_config(job: Doc) -> Doc:
    """That means something else than the one it has."""
    operator = KNOWN.operators[job["operator"]]

    def shaping(config: Doc) -> dict[str, Any]:
        return operator.config.model_validate(config).model_dump(exclude=set(operator.config.tuning))

    given = shaping(job.get("config", {}))
    others: list[Doc] = [dict(example) | kept_of(operator.name, dict(example)) for example in operator.examples]
    # A condition of another kind would need a bundle, or need none.
    alike = [one for one in others if kind_of(one) == kind_of(job.get("config", {}))]
    other = next((one for one in alike if shaping(one) != given), None)
    assume(other is not None)
    return other or {}


def kind_of(config: Doc) -> object:
    return config.get("condition", {}).get("kind")


def reached(document: Doc, start: str) -> set[str]:
    """Found by trying until nothing is new: slow, and plain to see."""
    found = {start}
    while True:
        more = {
            job["name"]
            for job in document["jobs"]
            for one in job.get("inputs", [])
            if one["from"].get("job") in found and job["name"] not in found
        }
        if not more:
            return found
        found |= more
