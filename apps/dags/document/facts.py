"""What the rules ask of a parsed document again and again, found once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic import ValidationError

from apps.dags.document.parsing import Parsed
from apps.dags.document.problems import Path
from apps.dags.document.shape import Entrypoint, Job, JobOutput, Publish, Stream, WebhookSource
from apps.dags.document.surroundings import Surroundings
from operators.sdk.config import Config, NamedPool, Place
from operators.sdk.declaration import Column, Declaration
from operators.sdk.words import ColumnType, FieldType

CHAIN_SYNC_OPERATOR = "cryo_ingest"
# Of a partition, and how long the operator makes a file by itself.
_MOST_FILES, _USUAL_FILE_BLOCKS = 256, 1000
_FILTERED_AS = {
    ColumnType.TEXT: FieldType.TEXT, ColumnType.ADDRESS: FieldType.TEXT, ColumnType.HASH: FieldType.TEXT,
    ColumnType.UUID: FieldType.TEXT, ColumnType.BOOLEAN: FieldType.BOOLEAN, ColumnType.INT32: FieldType.INTEGER,
    ColumnType.INT64: FieldType.INTEGER, ColumnType.UINT32: FieldType.INTEGER, ColumnType.UINT64: FieldType.INTEGER,
    ColumnType.UINT256: FieldType.UINT256,
}  # fmt: skip


@dataclass(frozen=True)
class Producer:
    """A job, or a stream of a chain_sync entrypoint. `outputs` is None where it cannot be known."""

    name: str
    at: Path
    outputs: int | None
    operator: str | None


@dataclass(frozen=True)
class Facts:
    parsed: Parsed
    known: Surroundings

    def within(self, known: Surroundings) -> Facts:
        """The same document with more around it. Its configs are not read again: that is half the work of a check."""
        whole = Facts(self.parsed, known)
        whole.__dict__["_configs"] = self._configs
        return whole

    def jobs(self) -> Sequence[tuple[Path, Job]]:
        """Those whose shape is right. Nearly every rule goes through them."""
        return self._jobs

    @cached_property
    def _jobs(self) -> Sequence[tuple[Path, Job]]:
        return [(("jobs", place), job) for place, job in enumerate(self.parsed.jobs) if job]

    def published(self) -> Iterator[tuple[Path, str, Publish]]:
        for name, publish in self.parsed.publish.items():
            if publish:
                yield ("publish", name), name, publish

    def config(self, job: Job) -> Config | ValidationError | None:
        """As its operator reads it, or why it does not; None where the operator is not known."""
        return self._configs[id(job)]

    @cached_property
    def _configs(self) -> Mapping[int, Config | ValidationError | None]:
        return {id(job): self._read_config(job) for _, job in self.jobs()}

    def _read_config(self, job: Job) -> Config | ValidationError | None:
        operator = self.operator(job)
        try:
            return operator.config.model_validate(job.config or {}) if operator else None
        except ValidationError as error:
            return error

    def operator(self, job: Job) -> Declaration | None:
        return self.known.operators.get(job.operator)

    @cached_property
    def producers(self) -> Mapping[str, Producer]:
        """By name; the first where two have one. Those whose shape is wrong are there too: a reference to them dangles not."""
        found: dict[str, Producer] = {}
        for place, name in self.parsed.named("jobs"):
            job = self.parsed.jobs[place]
            outputs = job.outputs if job and "outputs" not in self.parsed.wrong_keys.get(place, ()) else None
            found.setdefault(name, Producer(name, ("jobs", place), outputs, job.operator if job else None))
        for producer in self.streams():
            found.setdefault(producer.name, producer)
        return found

    def streams(self) -> Iterator[Producer]:
        for place, name in self.parsed.named("entrypoints"):
            streams = self.parsed.raw["entrypoints"][place].get("streams")
            for number, stream in enumerate(streams if isinstance(streams, list) else []):
                key = stream.get("dataset_key") if isinstance(stream, dict) else None
                if isinstance(key, str):
                    at = ("entrypoints", place, "streams", number)
                    yield Producer(stream_job(name, key), at, 1, CHAIN_SYNC_OPERATOR)

    def upstream(self, job: Job) -> Iterator[tuple[int, str, int]]:
        """The jobs of this DAG that a job reads: number of the input, name, output. Through datasets of this DAG as well."""
        for number, one in enumerate(job.inputs or []):
            if one.from_.job:
                yield number, one.from_.job, one.from_.output or 0
            for source in self.sources_of(one.from_.dataset) if one.from_.dataset else []:
                yield number, source.job, source.output

    def sources_of(self, dataset: str) -> list[JobOutput]:
        """The outputs of this DAG that a dataset consists of."""
        publish = self.parsed.publish.get(dataset)
        if publish is None:
            return []
        return [one for one in (publish.from_, publish.union and publish.union.cold, publish.union and publish.union.hot) if one]

    def fields(self, reference: JobOutput) -> Mapping[str, FieldType] | None:
        """What may be filtered by in an output; None where it cannot be known."""
        producer = self.producers.get(reference.job)
        declared = self.known.operators.get(producer.operator) if producer and producer.operator else None
        return declared.where if declared else None

    def columns(self, source: JobOutput) -> Sequence[Column]:
        """Of an output; none where only its task will know them."""
        job = self._jobs_by_name.get(source.job)
        operator = self.operator(job) if job else None
        config = self.config(job) if job else None
        return operator.columns(source.output, config if isinstance(config, Config) else None) if operator else ()

    def job(self, name: str) -> Job | None:
        return self._jobs_by_name.get(name)

    def named_datasets(self, job: Job) -> Mapping[Place, str]:
        """Those that its config names, by where it does."""
        config = self.config(job)
        return config.named_datasets if isinstance(config, Config) else {}

    def named_pools(self) -> Iterator[tuple[Path, NamedPool, int | None]]:
        """Where the document names a pool of RPC providers, which, and the chain that it is named for, where that is said."""
        for at, job in self.jobs():
            config = self.config(job)
            if isinstance(config, Config):
                chain_id = getattr(config, "chain_id", None)
                yield from (((*at, "config", *place), named, chain_id) for place, named in config.named_pools.items())
        for place, entrypoint in enumerate(self.parsed.entrypoints):
            for number, stream in enumerate(entrypoint.streams if entrypoint else []):
                at = ("entrypoints", place, "streams", number, "rpc_pool")
                yield at, NamedPool(stream.rpc_pool, "evm"), entrypoint.chain_id if entrypoint else None

    def read_by_name(self, job: Job) -> list[str]:
        """Datasets that a job reads because its config names them, and by no input."""
        inputs = {one.from_.dataset for one in job.inputs or []}
        return [name for name in dict.fromkeys(self.named_datasets(job).values()) if name not in inputs]

    @cached_property
    def _jobs_by_name(self) -> Mapping[str, Job]:
        return {job.name: job for _, job in reversed(list(self.jobs()))}

    def references(self) -> Iterator[tuple[Path, str]]:
        """Where the document reads a dataset, and which."""
        for at, job in self.jobs():
            for number, one in enumerate(job.inputs or []):
                if one.from_.dataset and not one.from_.job and one.from_.output is None:
                    yield (*at, "inputs", number, "from", "dataset"), one.from_.dataset
            yield from (((*at, "config", *place), name) for place, name in self.named_datasets(job).items())

    def webhooks(self) -> Iterator[tuple[Path, Job, str]]:
        for at, job in self.jobs():
            if isinstance(job.source, WebhookSource):
                yield (*at, "source", "path"), job, job.source.path

    def has_dataset(self, name: str) -> bool:
        """In this DAG, or in the org."""
        return name in self.parsed.publish or name in self.known.datasets

    def fields_of_dataset(self, name: str) -> Mapping[str, FieldType] | None:
        """What it may be filtered by; None where it cannot be known."""
        if name not in self.parsed.publish:
            known = self.known.datasets.get(name)
            return known.where if known else None
        publish = self.parsed.publish[name]
        each = [self.fields(source) for source in self.sources_of(name)]
        if publish is None or not each or any(fields is None for fields in each):
            return None
        return fields_of(publish, [fields for fields in each if fields is not None])


def fields_of(publish: Publish, sources: Sequence[Mapping[str, FieldType]]) -> dict[str, FieldType]:
    """What a dataset may be filtered by: what each of its sources may be, and columns of its schema that have an exact equality."""
    first, *others = sources
    common = {name: kind for name, kind in first.items() if all(other.get(name) is kind for other in others)}
    columns = publish.schema_.columns if publish.schema_ else []
    return common | {column.name: _FILTERED_AS[column.type] for column in columns if column.type in _FILTERED_AS}


def stream_config(entrypoint: Entrypoint, stream: Stream) -> dict[str, Any]:
    """Of the job that a stream becomes, whose partition is one range of it. A partition has at most 256 files: of longer ranges
    each file holds more blocks than the operator would give it.
    """
    config: dict[str, Any] = {
        "chain_id": entrypoint.chain_id, "rpc_pool": stream.rpc_pool, "cryo_dataset_name": stream.cryo_dataset_name,
    }  # fmt: skip
    if stream.chunk_size > _MOST_FILES * _USUAL_FILE_BLOCKS:
        config["chunk_size"] = -(-stream.chunk_size // _MOST_FILES)
    return config


def stream_job(entrypoint: str, dataset_key: str) -> str:
    return f"{entrypoint}_{dataset_key}"
