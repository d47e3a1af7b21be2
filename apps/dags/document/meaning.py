"""What a valid document means: its jobs with their definition hashes, its edges, what it publishes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from apps.dags.document.facts import CHAIN_SYNC_OPERATOR, Facts, stream_config, stream_job
from apps.dags.document.shape import Entrypoint, Job, Publish, Stream, Tuning
from operators.sdk.config import Config
from operators.sdk.declaration import Declaration

_SHAPING: Sequence[str] = ("execution_strategy", "update_strategy", "unique_key", "trigger", "udf")
_TUNING = tuple(Tuning.model_fields)


@dataclass(frozen=True)
class Edge:
    """An input of a job: another job's output, or a dataset. `job` is also set for a dataset of the same DAG.

    What the config of a job names is read as well; it is counted behind the inputs.
    """

    number: int
    job: str = ""
    output: int = 0
    dataset: str = ""


@dataclass(frozen=True)
class JobMeaning:
    """`spec` is the job as written, with the defaults of the DAG. `definition` is what shapes its output."""

    name: str
    operator: str
    operator_version: str
    activation: str
    runtime: str
    outputs: int
    spec: Mapping[str, Any]
    definition: Mapping[str, Any]
    # Kept, not made anew from what a database gives back: that writes some numbers otherwise.
    definition_hash: str
    edges: tuple[Edge, ...] = ()


@dataclass(frozen=True)
class Meaning:
    name: str
    description: str
    jobs: Mapping[str, JobMeaning]
    publish: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def meaning_of(facts: Facts) -> Meaning:
    """Of a document without problems."""
    head = facts.parsed.head
    if head is None:
        raise ValueError("a document with problems means nothing")
    jobs = [_job(facts, job) for _, job in facts.jobs()]
    jobs += [_stream(facts, entrypoint, stream) for entrypoint, stream in _streams(facts)]
    publish = {name: _plain(publish) for _, name, publish in facts.published()}
    return Meaning(head.name, head.description or "", {job.name: job for job in jobs}, publish)


def yaml_hash(text: str) -> str:
    """Of the text with line endings normalised."""
    return hashlib.sha256(text.encode()).hexdigest()


def _job(facts: Facts, job: Job) -> JobMeaning:
    operator = facts.known.operators[job.operator]
    written = _plain(job)
    # `any` is what a trigger is without a word.
    shaping = {key: written[key] for key in _SHAPING if key in written and (key, written[key]) != ("trigger", "any")}
    definition: dict[str, Any] = {
        **_operator(operator), **shaping, "runtime": job.runtime.value, "outputs": job.outputs, "config": _config(facts.config(job)),
        "inputs": [_input(facts, one) for one in written.get("inputs", [])],
    }  # fmt: skip
    return JobMeaning(
        job.name, operator.name, operator.version, job.activation.value, job.runtime.value, job.outputs,
        _defaults(facts) | written, definition, _hash(definition), tuple(_edges(facts, job)),
    )  # fmt: skip


def _defaults(facts: Facts) -> dict[str, Any]:
    """Of the DAG: the tuning of every job that does not say otherwise."""
    return {key: value for key, value in _plain(facts.parsed.defaults).items() if key in _TUNING}


def _stream(facts: Facts, entrypoint: Entrypoint, stream: Stream) -> JobMeaning:
    operator = facts.known.operators[CHAIN_SYNC_OPERATOR]
    config = stream_config(entrypoint, stream)
    # Where a range begins and ends is its partition's key; how far it goes and how fast is not.
    read = operator.config.model_validate(config)
    definition = {**_operator(operator), "config": _config(read), "chunk_size": stream.chunk_size}
    spec = {
        **_defaults(facts),
        "entrypoint": entrypoint.name,
        "mode": _plain(entrypoint.mode),
        **_plain(stream),
        "config": config,
    }
    return JobMeaning(
        stream_job(entrypoint.name, stream.dataset_key),
        operator.name,
        operator.version,
        "source",
        "ecs_platform",
        1,
        spec,
        definition,
        _hash(definition),
    )


def _streams(facts: Facts) -> Iterator[tuple[Entrypoint, Stream]]:
    for entrypoint in facts.parsed.entrypoints:
        for stream in entrypoint.streams if entrypoint else []:
            if entrypoint:
                yield entrypoint, stream


def _edges(facts: Facts, job: Job) -> Iterator[Edge]:
    for number, one in enumerate(job.inputs or []):
        if one.from_.job:
            yield Edge(number, one.from_.job, one.from_.output or 0)
            continue
        yield from _from_dataset(facts, number, one.from_.dataset or "")
    for number, dataset in enumerate(facts.read_by_name(job), start=len(job.inputs or [])):
        yield from _from_dataset(facts, number, dataset)


def _from_dataset(facts: Facts, number: int, dataset: str) -> Sequence[Edge]:
    own = [Edge(number, source.job, source.output, dataset) for source in facts.sources_of(dataset)]
    return own or [Edge(number, dataset=dataset)]


def _input(facts: Facts, written: Mapping[str, Any]) -> Mapping[str, Any]:
    """`output: 0` may be left out, and an order of keys means nothing. A dataset of this DAG is what it is made of."""
    source = dict(written["from"])
    if "job" in source:
        source.setdefault("output", 0)
    elif own := facts.sources_of(source["dataset"]):
        source["outputs"] = [[one.job, one.output] for one in own]
    where = {key: value if isinstance(value, list) else [value] for key, value in written.get("where", {}).items()}
    return {"from": source, "where": {key: sorted(values, key=repr) for key, values in where.items()}}


def _operator(operator: Declaration) -> dict[str, Any]:
    return {"operator": operator.name, "major": operator.major}


def _config(read: object) -> Any:
    """Without what shapes nothing, and what is as it would be anyway: a default that is written out, or new in a minor version."""
    return read.model_dump(mode="json", exclude_defaults=True, exclude=set(read.tuning)) if isinstance(read, Config) else {}


def _plain(part: Publish | Job | Tuning | Any) -> dict[str, Any]:
    written: dict[str, Any] = part.model_dump(mode="json", by_alias=True, exclude_none=True)
    return written


def _hash(definition: Mapping[str, Any]) -> str:
    canonical = json.dumps(definition, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()
