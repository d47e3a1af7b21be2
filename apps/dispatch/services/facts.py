"""What the jobs of a version are: all that a claim, a completion and a container ask of them, read once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any
from uuid import UUID

from apps.dags.generations import takes_from
from apps.dags.models import Job
from apps.datasets.domain import live_job_id
from operators.sdk.catalogue import catalogue
from operators.sdk.declaration import Declaration
from operators.sdk.words import SourceKind, Storage, Trust


@lru_cache(maxsize=4_096)
def facts(version_job_id: UUID) -> Mapping[str, Any]:
    """A version never changes, so neither does what its jobs are."""
    job = Job.objects.select_related("version__dag").get(pk=version_job_id)
    declared = catalogue().operators.get(job.operator)
    order = {
        "dag": job.version.dag.name, "job": job.name, "version": job.version.number, "operator": job.operator,
        "operator_version": job.operator_version, "config": job.spec.get("config") or {},
        "update_strategy": job.spec.get("update_strategy"), "unique_key": job.spec.get("unique_key") or [],
        "resets_outputs": bool((job.spec.get("bootstrap") or {}).get("reset_outputs")),
        "memory_mb": declared.resources.memory_mb if declared else 256,
        "cpu_millis": declared.resources.cpu_millis if declared else 100,
    }  # fmt: skip
    spec = job.spec
    return {
        "order": order, "identity": live_job_id(job.version.dag_id, job.name), "slots": tuple(_stored(job, declared)), "secrets": tuple(spec.get("secrets") or ()),
        "reads": dict(_read(job)), "task_definition": spec.get("task_definition"), "is_trusted": declared is not None and declared.trust is Trust.TRUSTED,
        "takes_from": takes_from(job.operator, spec),
        "is_stream": "entrypoint" in spec,
        "is_endless": (spec.get("source") or {}).get("kind") == SourceKind.ALWAYS_ON,
    }  # fmt: skip


def _read(job: Job) -> Iterator[tuple[int, str]]:
    """Inputs that are, or may be, kept in the object store, by number, and what people call them. Of another DAG's dataset it may
    change from one activation to the next, so there it is left to what is committed.
    """
    inputs = len(job.spec.get("inputs") or ())
    for edge in job.edges.select_related("source__version").filter(number__lt=inputs).order_by("number"):
        if edge.source is None:
            yield edge.number, edge.dataset
        elif _storage(edge.source, edge.output) == Storage.S3:
            yield edge.number, f"{edge.source.name}[{edge.output}]"


def _storage(job: Job, output: int) -> str | None:
    kept = [storage for _, storage, _ in _stored(job, catalogue().operators.get(job.operator))]
    return kept[output] if output < len(kept) else None


def _stored(job: Job, declared: Declaration | None) -> Iterator[tuple[str, str | None, str | None]]:
    """The name of each output, where it goes, and how it comes there: as its operator declares it, unless what is published of it
    says otherwise.
    """
    said = {(source["job"], source["output"]): spec for spec in job.version.publish.values() if (source := spec.get("from"))}
    for number in range(job.outputs):
        output = declared.output(number) if declared else None
        spec = said.get((job.name, number), {})
        storage = spec.get("storage") or (output.storage if output else None)
        mode = declared.write_mode(spec.get("write_mode"), storage) if spec and declared else None
        yield (output.name if output else "", storage and Storage(storage).value, mode)
