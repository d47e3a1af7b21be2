"""Which versions of its outputs a DAG's version is made of, and that readers get those."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from django.db import connection

from apps.datasets.domain import OutputVersion
from apps.datasets.models import Output, Pointer, Purge, Version
from apps.orgs.models import Org
from apps.platform.errors import Conflict

_SWAP = """
UPDATE datasets_output AS o SET current_id = v.id
FROM datasets_pointer AS p JOIN datasets_version AS v ON v.id = p.version_id
WHERE p.dag_version_id = %(dag_version_id)s AND o.id = v.output_id AND o.current_id IS DISTINCT FROM v.id
"""
# A name that several write has no version of its own: each writer has one.
_READ_FROM = """
UPDATE datasets_dataset AS d SET output_id = o.id
FROM datasets_producer AS p JOIN datasets_output AS o ON o.dag_id = %(dag_id)s AND o.job = p.job AND o.number = p.output
WHERE p.dataset_id = d.id AND d.org_id = %(org_id)s AND p.dag = o.dag AND p.exclusive AND d.output_id IS DISTINCT FROM o.id
"""


def register(org: Org, dag_id: UUID, dag_version_id: UUID, made: Sequence[OutputVersion], *, now: datetime) -> None:
    """From now on something can be committed of them; readers get what they got before. Raises Conflict while one of them goes."""
    outputs = [
        Output(id=one.output_id, org=org, dag_id=dag_id, dag=one.dag, job=one.job, number=one.number, storage=one.storage.value)
        for one in made
    ]
    Output.objects.bulk_create(outputs, ignore_conflicts=True)
    versions = [
        Version(
            id=one.version_id, output_id=one.output_id, generation=one.generation, definition_hash=one.definition_hash,
            columns=[asdict(column) for column in one.columns], created_at=now,
        )
        for one in made
    ]  # fmt: skip
    Version.objects.bulk_create(versions, ignore_conflicts=True)
    _revive([one.version_id for one in made])
    pointers = [Pointer(dag_version_id=dag_version_id, version_id=one.version_id) for one in made]
    Pointer.objects.bulk_create(pointers, ignore_conflicts=True)


def _revive(version_ids: Sequence[UUID]) -> None:
    """Purged once, they are made anew."""
    if Purge.objects.filter(version__in=version_ids, before=None, done_at=None).exists():
        words = "What an earlier version of this DAG has made, and this one makes as well, is being purged. Wait until it is gone, and try again."
        raise Conflict(words, code="version_being_purged")
    Version.objects.filter(pk__in=version_ids, purged_at__isnull=False).update(purged_at=None)


def point(org: Org, dag_id: UUID, dag_version_id: UUID, made: Sequence[OutputVersion], *, now: datetime) -> None:
    """Inside the transaction of the activation, after its names: readers see all of the change, or nothing of it."""
    register(org, dag_id, dag_version_id, made, now=now)
    for storage in {one.storage for one in made}:
        Output.objects.filter(pk__in=[one.output_id for one in made if one.storage == storage]).update(storage=storage.value)
    with connection.cursor() as cursor:
        cursor.execute(_SWAP, {"dag_version_id": dag_version_id})
        cursor.execute(_READ_FROM, {"dag_id": dag_id, "org_id": org.pk})
