"""What can go wrong with a right document: each changes it in place and says which code must come, and at which path."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from apps.dags.document.codes import Code
from tests.apps.dags.documents import Doc

Mutation = Callable[[Doc, Random], tuple[Code, str]]


def _pick(document: Doc, random: Random, condition: Callable[[Doc], bool] = lambda _: True) -> tuple[int, Any]:
    return random.choice([(place, job) for place, job in enumerate(document["jobs"]) if condition(job)])


def _reactive(job: Doc) -> bool:
    return bool(job["activation"] == "reactive")


def _from_job(job: Doc) -> bool:
    return "job" in job.get("inputs", [{"from": {}}])[0]["from"]


def _of(operator: str) -> Callable[[Doc], bool]:
    return lambda job: bool(job["operator"] == operator)


def _set(key: str, value: Any, code: Code, condition: Callable[[Doc], bool] = lambda _: True, *, below: str = "") -> Mutation:
    """A key of some job gets another value, and is complained of there."""

    def mutate(document: Doc, random: Random) -> tuple[Code, str]:
        place, job = _pick(document, random, condition)
        job[key] = value
        return code, f"/jobs/{place}/{key}{below}"

    return mutate


def _drop(key: str, code: Code = Code.MISSING_KEY, condition: Callable[[Doc], bool] = lambda _: True) -> Mutation:
    def mutate(document: Doc, random: Random) -> tuple[Code, str]:
        place, job = _pick(document, random, condition)
        del job[key]
        return code, f"/jobs/{place}/{key}"

    return mutate


def _rename_key(document: Doc, random: Random) -> tuple[Code, str]:
    place, job = _pick(document, random)
    job["opperator"] = job["operator"]
    return Code.UNKNOWN_KEY, f"/jobs/{place}/opperator"


def _unknown_config(document: Doc, random: Random) -> tuple[Code, str]:
    place, job = _pick(document, random)
    job.setdefault("config", {})["surprise/key"] = 1
    return Code.UNKNOWN_KEY, f"/jobs/{place}/config/surprise~1key"


def _source(change: Doc, code: Code, key: str) -> Mutation:
    def mutate(document: Doc, random: Random) -> tuple[Code, str]:
        place, job = _pick(document, random, _from_job)
        job["inputs"][0] = {"from": {**job["inputs"][0]["from"], **change}}
        return code, f"/jobs/{place}/inputs/0/from/{key}"

    return mutate


def _no_source(document: Doc, random: Random) -> tuple[Code, str]:
    place, job = _pick(document, random, _reactive)
    job["inputs"][0] = {"from": {}}
    return Code.MISSING_KEY, f"/jobs/{place}/inputs/0/from"


def _same_twice(document: Doc, random: Random) -> tuple[Code, str]:
    place, job = _pick(document, random, _reactive)
    job.pop("trigger", None)
    job["inputs"].append(job["inputs"][0])
    return Code.DUPLICATE_INPUT, f"/jobs/{place}/inputs/{len(job['inputs']) - 1}/from"


def _own_output(document: Doc, random: Random) -> tuple[Code, str]:
    place, job = _pick(document, random, _reactive)
    job["inputs"][0] = {"from": {"job": job["name"], "output": 0}}
    return Code.CYCLE, f"/jobs/{place}/inputs/0"


def _same_name(document: Doc, random: Random) -> tuple[Code, str]:
    document["jobs"][-1]["name"] = document["jobs"][0]["name"]
    return Code.DUPLICATE_JOB, f"/jobs/{len(document['jobs']) - 1}/name"


def _where(document: Doc, random: Random) -> tuple[Code, str]:
    place, job = _pick(document, random, _reactive)
    job["inputs"].append({"from": {"dataset": "balances"}, "where": {"owner": "a"}})
    job.pop("trigger", None)
    return Code.WHERE_NOT_ALLOWED, f"/jobs/{place}/inputs/{len(job['inputs']) - 1}/where/owner"


def _where_type(document: Doc, random: Random) -> tuple[Code, str]:
    place, job = _pick(document, random, _reactive)
    job["inputs"].append({"from": {"dataset": "balances"}, "where": {"amount": [1, -1]}})
    job.pop("trigger", None)
    return Code.WHERE_WRONG_TYPE, f"/jobs/{place}/inputs/{len(job['inputs']) - 1}/where/amount"


def _published(change: Doc, code: Code, key: str) -> Mutation:
    def mutate(document: Doc, random: Random) -> tuple[Code, str]:
        name = next(name for name in document["publish"] if name.startswith("block_follower"))
        document["publish"][name] = {**document["publish"][name], **change}
        return code, f"/publish/{name}/{key}"

    return mutate


def _publish_as(name: str, code: Code) -> Mutation:
    def mutate(document: Doc, random: Random) -> tuple[Code, str]:
        old = next(name for name in document["publish"] if name.startswith("block_follower"))
        document["publish"][name] = document["publish"].pop(old)
        return code, f"/publish/{name}"

    return mutate


def _union_key(document: Doc, random: Random) -> tuple[Code, str]:
    document["publish"]["all_of_it"]["union"]["key"] = "height"
    return Code.UNKNOWN_COLUMN, "/publish/all_of_it/union/key"


def _stream(document: Doc, random: Random) -> tuple[Code, str]:
    document["entrypoints"][0]["streams"][0]["cryo_dataset_name"] = "blokcs"
    return Code.WRONG_VALUE, "/entrypoints/0/streams/0/cryo_dataset_name"


def _root(key: str, value: Any, code: Code, *, below: str = "") -> Mutation:
    def mutate(document: Doc, random: Random) -> tuple[Code, str]:
        document[key] = value
        return code, f"/{key}{below}"

    return mutate


MUTATIONS: dict[str, Mutation] = {
    "a key is misspelt": _rename_key,
    "a config has a key too many": _unknown_config,
    "the operator is left out": _drop("operator"),
    "the source is left out": _drop("source", condition=lambda job: not _reactive(job)),
    "the inputs are left out": _drop("inputs", Code.REACTIVE_WITHOUT_INPUTS, _reactive),
    "the strategy is left out": _drop("execution_strategy", condition=_reactive),
    "the bundle is left out": _drop("udf", Code.BUNDLE_NEEDED, _of("udf")),
    "the outputs are true": _set("outputs", True, Code.WRONG_TYPE),
    "the outputs are a float": _set("outputs", 1.0, Code.WRONG_TYPE),
    "there are no outputs": _set("outputs", 0, Code.OUT_OF_RANGE),
    "there are too many outputs": _set("outputs", 64, Code.TOO_MANY_OUTPUTS),
    "a list is nothing": _set("unique_key", [], Code.OUT_OF_RANGE, _reactive),
    "a runtime is unknown": _set("runtime", "kubernetes", Code.WRONG_VALUE),
    "a runtime is reserved": _set("runtime", "ecs_udf", Code.RESERVED_RUNTIME),
    "a runtime is another": _set("runtime", "dispatcher", Code.UNSUPPORTED_RUNTIME, _of("block_follower")),
    "user code leaves lambda": _set("runtime", "ecs_platform", Code.UNTRUSTED_RUNTIME, _of("udf")),
    "user code asks for secrets": _set("secrets", ["API_KEY"], Code.UNTRUSTED_SECRETS, _of("udf")),
    "an operator is unknown": _set("operator", "block_folower", Code.UNKNOWN_OPERATOR),
    "a job has a bad name": _set("name", "Über", Code.BAD_NAME),
    "a source has a strategy": _set("update_strategy", "append", Code.NOT_FOR_SOURCES, lambda job: not _reactive(job)),
    "a reactive job has a source": _set("source", {"kind": "manual"}, Code.NOT_FOR_REACTIVE, _reactive),
    "a schedule never fires": _set(
        "source", {"kind": "cron", "schedule": "0 0 30 2 *"}, Code.BAD_SCHEDULE, _of("trigger_cron"), below="/schedule"
    ),
    "a kind of source is unknown": _set("source", {"kind": "clock"}, Code.WRONG_VALUE, _of("trigger_cron"), below="/kind"),
    "a kind of source is another": _set(
        "source", {"kind": "manual"}, Code.UNSUPPORTED_SOURCE, _of("trigger_cron"), below="/kind"
    ),
    "a trigger asks for too much": _set("trigger", {"any": [7]}, Code.BAD_TRIGGER, _reactive, below="/any/0"),
    "a config is a list": _set("config", [], Code.WRONG_TYPE),
    "a bundle is unknown": _set("udf", {"bundle_id": "nobody"}, Code.UNKNOWN_BUNDLE, _of("udf"), below="/bundle_id"),
    "a trusted job has a bundle": _set("udf", {"bundle_id": "nobody"}, Code.BUNDLE_NOT_TAKEN, _of("query")),
    "a job dangles": _source({"job": "nobody_at_all"}, Code.UNKNOWN_JOB, "job"),
    "an output dangles": _source({"output": 63}, Code.UNKNOWN_OUTPUT, "output"),
    "an input comes from two places": _source({"dataset": "balances"}, Code.UNKNOWN_KEY, "dataset"),
    "an input comes from nowhere": _no_source,
    "an input is there twice": _same_twice,
    "a job reads itself": _own_output,
    "two jobs have one name": _same_name,
    "a filter is not allowed": _where,
    "a filter has the wrong type": _where_type,
    "a dataset is taken": _publish_as("ethereum_prices", Code.DATASET_TAKEN),
    "a dataset has a bad name": _publish_as("Blocks of mine", Code.BAD_NAME),
    "a dataset lies elsewhere": _published({"storage": "s3"}, Code.WRONG_STORAGE, "storage"),
    "a dataset is published twice over": _published(
        {"union": {"cold": {"job": "x"}, "hot": {"job": "x"}, "key": "y"}}, Code.UNKNOWN_KEY, "union"
    ),
    "a column is not there": _published({"pii_columns": ["nobody"]}, Code.UNKNOWN_COLUMN, "pii_columns/0"),
    "a buffered dataset has no schema": _published({"write_mode": "buffered"}, Code.SCHEMA_NEEDED, "schema"),
    "a cadence is no duration": _published({"cadence": "hourly"}, Code.BAD_NAME, "cadence"),
    "a union has no such key": _union_key,
    "a stream is unknown to cryo": _stream,
    "a default is out of range": _root("defaults", {"max_attempts": 101}, Code.OUT_OF_RANGE, below="/max_attempts"),
    "the name is another": _root("name", "another", Code.NAME_MISMATCH),
    "the jobs are a mapping": _root("jobs", {"one": 1}, Code.WRONG_TYPE),
}
