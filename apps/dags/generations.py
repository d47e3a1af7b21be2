"""Of which generation a version's jobs are: what of a job's output another version may go on with."""

from __future__ import annotations

from collections.abc import Mapping
from graphlib import TopologicalSorter
from typing import Any
from uuid import UUID

from apps.dags.document.meaning import Meaning
from apps.datasets.domain import generation_of, live_job_id
from operators.sdk.catalogue import catalogue
from operators.sdk.words import Trust


def generations_of(dag_id: UUID, meaning: Meaning) -> Mapping[str, UUID]:
    """Of each job: of its definition and of those of the same DAG that it is made of."""
    upstream = {name: {edge.job for edge in job.edges if edge.job} for name, job in meaning.jobs.items()}
    found: dict[str, UUID] = {}
    # Upstream first: there are no cycles, and a chain of thousands does not recurse that deep.
    for name in TopologicalSorter(upstream).static_order():
        job_id = live_job_id(dag_id, name)
        found[name] = generation_of(job_id, meaning.jobs[name].definition_hash, [found[one] for one in upstream[name]])
    return found


def takes_from(operator: str, spec: Mapping[str, Any]) -> str | None:
    """The dataset whose rows are deleted from its table once they are committed, so that no other version can make the same of them;
    None where they stay. `spec`: the job as written.
    """
    declared = catalogue().operators.get(operator)
    if declared is None or declared.trust is not Trust.TRUSTED:
        return None
    return declared.config.model_validate(spec.get("config") or {}).takes_from
