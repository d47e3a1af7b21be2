"""What a version publishes, and which outputs it keeps, as the registry of datasets wants to know it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from apps.dags.document.facts import fields_of
from apps.dags.document.meaning import JobMeaning, Meaning
from apps.dags.document.shape import Publish
from apps.dags.generations import generations_of
from apps.dags.models import Dag
from apps.datasets.domain import Column, OutputVersion, Publication, Storage, dataset_id, live_job_id, version_id
from apps.platform import tables
from operators.sdk.catalogue import catalogue
from operators.sdk.declaration import Column as Made
from operators.sdk.declaration import Declaration
from operators.sdk.words import UpdateStrategy


def publications(meaning: Meaning) -> list[Publication]:
    return [_publication(meaning, name, spec) for name, spec in meaning.publish.items()]


def _publication(meaning: Meaning, name: str, spec: Mapping[str, Any]) -> Publication:
    union = spec.get("union")
    source = union["hot"] if union else spec["from"]
    output = _operator(meaning, source).output(source["output"])
    declared = output.storage if output else None
    storage = Storage.UNION if union else Storage(spec.get("storage") or declared or Storage.S3)
    halves = (union["cold"], union["hot"]) if union else (source,)
    where = fields_of(Publish.model_validate(spec), [_operator(meaning, half).where for half in halves])
    return Publication(
        name, storage, job="" if union else source["job"], output=source["output"], multi_writer=bool(spec.get("multi_writer")),
        where={key: kind.value for key, kind in where.items()}, spec=spec, columns=_columns(spec, _made(meaning.jobs[source["job"]], source["output"])),
        table=_table(meaning, source, spec), is_direct=_write_mode(meaning, source, spec) == "direct",
    )  # fmt: skip


def output_versions(dag: Dag, meaning: Meaning) -> list[OutputVersion]:
    """Of outputs that are kept, published or not; the others are events alone."""
    published = {(one.job, one.output): one for one in publications(meaning) if one.job}
    generations = generations_of(dag.pk, meaning)
    return [
        _output_version(dag, job, number, storage, generations[job.name], published.get((job.name, number)))
        for job in meaning.jobs.values() for number in range(job.outputs)
        if (storage := _storage(job, number, published.get((job.name, number))))
    ]  # fmt: skip


def _storage(job: JobMeaning, number: int, published: Publication | None) -> Storage | None:
    if published:
        return published.storage
    declared = catalogue().operators[job.operator].output(number)
    return Storage(declared.storage) if declared and declared.storage else None


def _output_version(
    dag: Dag, job: JobMeaning, number: int, storage: Storage, generation: UUID, published: Publication | None
) -> OutputVersion:
    job_id = live_job_id(dag.pk, job.name)
    columns = published.columns if published else _columns({}, _made(job, number))
    return OutputVersion(
        dataset_id(job_id, number), version_id(job_id, number, generation), dag.name, job.name, number, storage, generation,
        job.definition_hash, [column for column in columns if column.type],
    )  # fmt: skip


def _made(job: JobMeaning, output: int) -> Sequence[Made]:
    declared = catalogue().operators[job.operator]
    return declared.columns(output, declared.config.model_validate(job.spec.get("config") or {}))


def _columns(spec: Mapping[str, Any], made: Sequence[Made]) -> list[Column]:
    """As its `schema` has them, else as the operator makes them; then those of which the DAG says anything else."""
    said = spec.get("column_descriptions") or {}
    found = [
        Column(one["name"], one["type"], bool(one.get("nullable")), said.get(one["name"], ""))
        for one in (spec.get("schema") or {}).get("columns", [])
    ] or [Column(one.name, one.type.value, one.nullable, said.get(one.name, one.description)) for one in made]
    known = {column.name for column in found}
    others = [name for name in (*said, *(spec.get("pii_columns") or [])) if name not in known]
    return found + [Column(name, description=said.get(name, "")) for name in dict.fromkeys(others)]


def _table(meaning: Meaning, source: Mapping[str, Any], spec: Mapping[str, Any]) -> tables.Shape | None:
    """Of what goes through a buffer, or is written by its tasks. A further writer of the dataset says the same."""
    mode = _write_mode(meaning, source, spec)
    if mode is None:
        return None
    said = spec.get("schema") or _declared(meaning, source)
    columns = tuple(tables.Column(one["name"], one["type"], bool(one.get("nullable"))) for one in said.get("columns", ()))
    if not columns:
        return None
    # Rows of a job that appends stay as they came; what a source or a replacing job says again takes their place.
    replaces = meaning.jobs[source["job"]].spec.get("update_strategy") != UpdateStrategy.APPEND
    indexes = tuple(tuple(one) for one in said.get("indexes") or ())
    return tables.Shape(columns, tuple(said.get("unique") or ()), indexes, replaces)


def _declared(meaning: Meaning, source: Mapping[str, Any]) -> Mapping[str, Any]:
    """What an operator that writes itself says in place of a schema."""
    job, output = meaning.jobs[source["job"]], _operator(meaning, source).output(source["output"])
    made = _made(job, source["output"])
    columns = [{"name": one.name, "type": one.type.value, "nullable": one.nullable} for one in made]
    return {"columns": columns, "unique": job.spec.get("unique_key") or (output.unique if output else ())}


def _write_mode(meaning: Meaning, source: Mapping[str, Any], spec: Mapping[str, Any]) -> str | None:
    declared = _operator(meaning, source)
    output = declared.output(source["output"])
    storage: str | None = spec.get("storage") or (output.storage if output else None)
    return None if spec.get("union") else declared.write_mode(spec.get("write_mode"), storage)


def _operator(meaning: Meaning, source: Mapping[str, Any]) -> Declaration:
    return catalogue().operators[meaning.jobs[source["job"]].operator]
