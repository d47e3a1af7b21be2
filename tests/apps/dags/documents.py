"""DAGs at random, valid ones: every operator with the configs of its own examples, wired without circles."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from random import Random
from typing import Any

from hypothesis import strategies as st

from operators.sdk.declaration import Declaration
from operators.sdk.words import Activation, Bundle, FieldType, Runtime
from tests.apps.dags.known import ANYWHERE, DATASETS

Doc = dict[str, Any]
_OPERATORS = [ANYWHERE.operators[name] for name in sorted(ANYWHERE.operators)]
_SOURCES = [operator for operator in _OPERATORS if Activation.SOURCE in operator.activations]
_VALUES: dict[FieldType, list[Any]] = {
    FieldType.TEXT: ["cex", "0xabc", "yes"], FieldType.INTEGER: [1, 143], FieldType.BOOLEAN: [True, False],
    FieldType.UINT256: [10**30, "115792089237316195423570985008687907853269984665640564039457"],
}  # fmt: skip
_SCHEMA = {"columns": [{"name": "id", "type": "text"}, {"name": "score", "type": "uint256", "nullable": True}], "unique": ["id"]}


def seeds() -> st.SearchStrategy[Random]:
    """A generator of numbers whose whole run follows from one: a failure is repeated by it."""
    return st.integers(0, 2**32 - 1).map(Random)


def dags() -> st.SearchStrategy[Doc]:
    return st.builds(some_dag, seeds(), st.integers(1, 8))


def whole_dags() -> st.SearchStrategy[Doc]:
    """Each with every operator, and with everything that a document can say."""
    return seeds().map(whole_dag)


def some_dag(random: Random, size: int) -> Doc:
    return _dag(random, [random.choice(_SOURCES), *random.choices(_OPERATORS, k=size - 1)], extras=random.random())


def whole_dag(random: Random) -> Doc:
    others = [operator for operator in _OPERATORS if operator not in _SOURCES]
    random.shuffle(others)
    return _dag(random, [*_SOURCES, *others], extras=1.0)


def _dag(random: Random, operators: list[Declaration], *, extras: float) -> Doc:
    jobs: list[Doc] = []
    for number, operator in enumerate(operators):
        jobs.append(_job(random, f"{operator.name}_{number}", operator, jobs))
    document: Doc = {"name": "example", "jobs": jobs}
    if extras > 0.2:
        document["description"] = random.choice(["What it is for: all of it.", "Zwölf Boxkämpfer 🥊 – 値", "on", "12:30"])
    if extras > 0.3:
        document["defaults"] = {"max_attempts": 3, "priority": "low", "timeout_seconds": 600, "max_queue_age": "5m"}
    if extras > 0.4:
        document["entrypoints"] = [_entrypoint(random)]
    if extras > 0.5:
        document["publish"] = dict(_published(document))
    # A job may stand before those that it reads.
    random.shuffle(jobs)
    return document


def _job(random: Random, name: str, operator: Declaration, earlier: list[Doc]) -> Doc:
    config: Doc = deepcopy(dict(random.choice(operator.examples)))
    reactive = Activation.REACTIVE in operator.activations
    job: Doc = {
        "name": name,
        "activation": "reactive" if reactive else "source",
        "runtime": random.choice(sorted(operator.runtimes)).value,
        "operator": operator.name,
        "outputs": random.randint(1, min(operator.most_outputs, 4)),
    }
    job |= _reactive(random, operator, earlier) if reactive else {"source": _source(random, operator, name)}
    config |= kept_of(operator.name, config)
    if config or random.random() < 0.2:
        job["config"] = config
    if operator.bundle is Bundle.REQUIRED or config.get("condition", {}).get("kind") == "udf":
        job["udf"] = {"bundle_id": "scores", "entrypoint": "trace.handler"}
    job |= dict(_tuning(random, Runtime(job["runtime"]), trusted=operator.bundle is Bundle.NONE))
    if operator.name == "http_ingest":
        job["secrets"] = ["PRICE_FEED_KEY"]
    return job


def kept_of(operator: str, config: Doc) -> Doc:
    """What an example says of a table that there is only here, as it is there."""
    if operator == "parquet_compact":
        return {"finality_depth_blocks": 10_000, "hot_dataset": "hot_blocks"}
    return {"hot_dataset": "hot_blocks"} if "hot_dataset" in config else {}


def _source(random: Random, operator: Declaration, name: str) -> Doc:
    kind = random.choice(sorted(operator.source_kinds)).value
    return {
        "cron": {"kind": kind, "schedule": random.choice(["0 * * * *", "rate(5 minutes)", "cron(0 12 * * ? *)"])},
        "webhook": {"kind": kind, "path": f"hooks/{name}"},
    }.get(kind, {"kind": kind})


def _reactive(random: Random, operator: Declaration, earlier: list[Doc]) -> Doc:
    inputs = list(_inputs(random, earlier))
    job: Doc = {"inputs": inputs, "execution_strategy": random.choice(sorted(operator.strategies)).value}
    job |= (
        {"update_strategy": "append", "unique_key": _key(operator)} if random.random() < 0.5 else {"update_strategy": "replace"}
    )
    everyone = list(range(len(inputs)))
    tree = {"all": everyone} if len(inputs) < 3 else {"all": [{"any": everyone[:2]}, *everyone[2:]], "timeout": "10m"}
    trigger = random.choice([None, "any", "all", tree])
    return job if trigger is None else job | {"trigger": trigger}


def _key(operator: Declaration) -> list[str]:
    """Columns that its first output has, whatever its config; of what only its task knows any name will do."""
    example = operator.config.model_validate(operator.examples[0])
    return [column.name for column in operator.columns(0, example)[:2]] or ["id", "block_hash"]


def _inputs(random: Random, earlier: list[Doc]) -> Iterator[Doc]:
    for producer in random.sample(earlier, random.randint(1, min(3, len(earlier)))):
        source = {"job": producer["name"], "output": random.randrange(producer["outputs"])}
        if source["output"] == 0 and random.random() < 0.3:
            del source["output"]
        yield {"from": source} | _where(random, dict(ANYWHERE.operators[producer["operator"]].where))
    if random.random() < 0.3:
        dataset = random.choice(DATASETS)
        yield {"from": {"dataset": dataset.name}} | _where(random, dict(dataset.where))


def _where(random: Random, fields: dict[str, FieldType]) -> Doc:
    if not fields or random.random() < 0.5:
        return {}
    names = random.sample(sorted(fields), random.randint(1, min(2, len(fields))))
    return {"where": {name: random.choice([random.choice(_VALUES[fields[name]]), _VALUES[fields[name]]]) for name in names}}


def _tuning(random: Random, runtime: Runtime, *, trusted: bool) -> Iterator[tuple[str, Any]]:
    optional: Doc = {
        "timeout_seconds": 300, "max_attempts": 7, "heartbeat_timeout_seconds": 30, "idle_timeout": "2h", "priority": "high",
        "scaling": {"mode": "backfill", "max_concurrency": 8}, "validates": True, "backpressure_mode": "none",
    }  # fmt: skip
    if trusted:
        optional["secrets"] = ["API_KEY", "platform/RPC_TOKEN"]
    if runtime is Runtime.ECS_PLATFORM:
        optional["task_definition"] = "big-memory:3"
    yield from random.sample(sorted(optional.items()), random.randint(0, 3))


def _entrypoint(random: Random) -> Doc:
    follow = {"kind": "follow_head", "from_block": 0, "tail_lag": 64}
    mode = random.choice([follow, {"kind": "fixed_target", "from_block": 0, "to_block": 20_000_000}])
    streams = [
        {"dataset_key": key, "cryo_dataset_name": key, "rpc_pool": "standard", "chunk_size": random.choice([500, 2000])}
        for key in random.sample(["blocks", "logs", "transactions"], random.randint(1, 3))
    ]
    return {"name": "sync", "kind": "chain_sync", "chain_id": 1, "mode": mode, "streams": streams}


def _published(document: Doc) -> Iterator[tuple[str, Doc]]:
    for job in document["jobs"]:
        output = ANYWHERE.operators[job["operator"]].output(0)
        if output is None or output.storage is None:
            continue
        one: Doc = {"from": {"job": job["name"], "output": 0}, "description": "Rows.", "tags": ["a", "b:c"], "cadence": "1h"}
        if job["operator"] == "udf":
            one |= {"write_mode": "buffered", "schema": deepcopy(_SCHEMA), "pii_columns": ["id"], "pii_policy": "mask"}
        elif output.either_storage:
            one["storage"] = "postgres"
        yield f"{job['name']}_rows", one
    if document.get("entrypoints"):
        stream = document["entrypoints"][0]["streams"][0]["dataset_key"]
        yield "synchronised", {"from": {"job": f"sync_{stream}"}, "visibility": "role:research"}
    yield from _union(document)


def _union(document: Doc) -> Iterator[tuple[str, Doc]]:
    hot = next((job["name"] for job in document["jobs"] if job["operator"] == "block_follower"), None)
    cold = next((job["name"] for job in document["jobs"] if job["operator"] == "parquet_compact"), None)
    if hot and cold:
        halves = {"cold": {"job": cold, "output": 0}, "hot": {"job": hot, "output": 0}}
        yield "all_of_it", {"union": {**halves, "key": "block_number"}, "column_descriptions": {"block_number": "Height."}}
