"""What a version publishes, as the registry of datasets wants to know it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps.dags.document.facts import fields_of
from apps.dags.document.meaning import Meaning
from apps.dags.document.shape import Publish
from apps.datasets.domain import Column, Publication, Storage
from operators.sdk.catalogue import catalogue
from operators.sdk.declaration import Declaration, Output


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
        where={key: kind.value for key, kind in where.items()}, spec=spec, columns=_columns(spec, output),
    )  # fmt: skip


def _columns(spec: Mapping[str, Any], output: Output | None) -> list[Column]:
    """As its `schema` has them, else as the operator declares them; then those of which the DAG says anything else."""
    said = spec.get("column_descriptions") or {}
    found = [
        Column(one["name"], one["type"], bool(one.get("nullable")), said.get(one["name"], ""))
        for one in (spec.get("schema") or {}).get("columns", [])
    ] or [
        Column(one.name, one.type.value, one.nullable, said.get(one.name, one.description))
        for one in (output.columns if output else ())
    ]
    known = {column.name for column in found}
    others = [name for name in (*said, *(spec.get("pii_columns") or [])) if name not in known]
    return found + [Column(name, description=said.get(name, "")) for name in dict.fromkeys(others)]


def _operator(meaning: Meaning, source: Mapping[str, Any]) -> Declaration:
    return catalogue().operators[meaning.jobs[source["job"]].operator]
