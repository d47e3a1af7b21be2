"""What a version publishes, as the registry of datasets wants to know it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps.dags.document.facts import filters_of
from apps.dags.document.meaning import Meaning
from apps.dags.document.shape import Publish
from apps.datasets.domain import Publication, Storage
from operators.sdk.catalogue import catalogue


def publications(meaning: Meaning) -> list[Publication]:
    return [_publication(meaning, name, spec) for name, spec in meaning.publish.items()]


def _publication(meaning: Meaning, name: str, spec: Mapping[str, Any]) -> Publication:
    union = spec.get("union")
    source = union["hot"] if union else spec["from"]
    operator = catalogue().operators[meaning.jobs[source["job"]].operator]
    output = operator.output(source["output"])
    declared = output.storage if output else None
    storage = Storage.UNION if union else Storage(spec.get("storage") or declared or Storage.S3)
    where = dict(operator.where) | (filters_of(Publish.model_validate(spec)) if spec.get("schema") else {})
    return Publication(
        name, storage, job="" if union else source["job"], output=source["output"], multi_writer=bool(spec.get("multi_writer")),
        where={key: kind.value for key, kind in where.items()}, spec=spec,
    )  # fmt: skip
