"""Columns that a DAG calls personal data are closed when the version becomes active; opening them again is an admin's to do."""

from __future__ import annotations

from datetime import datetime

from apps.audit.domain import Actor
from apps.dags.document.meaning import Meaning
from apps.orgs.models import Org
from apps.pii import selectors as pii
from apps.pii.domain import Handling, Kind, Marking, Mask
from apps.pii.services import classify


def close_columns(org: Org, meaning: Meaning, *, by: Actor, now: datetime) -> None:
    """What is classified already stays as an admin has it: a DAG closes, and never opens."""
    for dataset, spec in meaning.publish.items():
        wanted = spec.get("pii_columns") or []
        for column in sorted(pii.unclassified(org, dataset, wanted)) if wanted else []:
            classify(org, dataset, column, _marking(spec.get("pii_policy"), meaning.name), by=by, now=now)


def _marking(policy: str | None, dag: str) -> Marking:
    note = f"The DAG {dag} says so."
    if policy == "mask":
        return Marking(Kind.OTHER, Handling.MASK, Mask.NULL, note)
    return Marking(Kind.OTHER, Handling.REFUSE, note=note)
