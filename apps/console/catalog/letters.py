"""Dead letters of a dataset, as pages and the API tell them: what is personal in them is for those who may see it."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from apps.datasets.models import Dataset
from apps.datasets.selectors import names_behind
from apps.datasets.stores import scratch_store
from apps.orgs.policy import Principal
from apps.pii import policy as pii
from apps.platform.errors import Forbidden, NotFound
from apps.platform.ports.objects import ObjectMissing
from apps.tables.domain import LINES
from apps.tables.models import Batch

MOST_ROWS, _FIRST_BYTES, MOST_EDITED_BYTES = 20, 65_536, 262_144
_GZIP = b"\x1f\x8b"
LINK = timedelta(minutes=5)
_HIDDEN = "is not of its type; its value is personal data, which you may not see"


def closed_columns(dataset: Dataset, who: Principal, *, now: datetime) -> set[str]:
    columns = [column.name for column in dataset.schema]
    return set(pii.sight_of(dataset.org, names_behind(dataset), columns, who=who, now=now).closed)


def faults_of(batch: Batch, closed: set[str]) -> list[dict[str, Any]]:
    return [one | {"reason": _HIDDEN} if one["column"] in closed else one for one in batch.faults]


def told(batch: Batch, closed: set[str]) -> dict[str, Any]:
    return {
        "id": batch.pk, "state": batch.state, "task": batch.task_id, "attempt": batch.attempt, "output": batch.output,
        "content_type": batch.content_type, "size_bytes": batch.size_bytes, "received_at": batch.received_at,
        "ended_at": batch.ended_at, "fault_count": batch.fault_count, "faults": faults_of(batch, closed),
        "in_place_of": batch.source_id,
    }  # fmt: skip


def link_of(batch: Batch, closed: set[str]) -> str:
    """To all of it, for some minutes."""
    if closed:
        listed = ", ".join(f"`{name}`" for name in sorted(closed))
        raise Forbidden(f"Its rows hold personal data, in {listed}: ask for a grant first.", code="pii_refused")
    return scratch_store().presign_get(_key(batch), expires=LINK)


def first_rows(batch: Batch, closed: set[str]) -> tuple[Sequence[str], str]:
    """As they were sent, where that is text, and why there are none; none where somebody may not see all of a row."""
    if closed or batch.content_type != LINES:
        return [], ""
    try:
        head = scratch_store().get(_key(batch), length=_FIRST_BYTES)
        if head.startswith(_GZIP):
            head = zlib.decompressobj(wbits=31).decompress(head, _FIRST_BYTES)
    except ObjectMissing:
        return [], "It lies no longer where it was handed over."
    except zlib.error as error:
        return [], f"It is packed with gzip, and cannot be unpacked: {error}."
    return head.decode(errors="replace").splitlines()[:MOST_ROWS], ""


def text_of(batch: Batch, closed: set[str]) -> str | None:
    """All of it, to be put right in a page; None where that is too much, or not for who asks."""
    if closed or batch.content_type != LINES:
        return None
    try:
        # Its size is what its producer says. One byte more than is shown tells whether that is all of it.
        body = scratch_store().get(_key(batch), length=MOST_EDITED_BYTES + 1)
    except ObjectMissing:
        return None
    return None if body.startswith(_GZIP) or len(body) > MOST_EDITED_BYTES else body.decode(errors="replace")


def keep(key: str, body: bytes) -> str:
    scratch_store().put(key, body)
    return f"s3://{settings.CONFIG.scratch_bucket}/{key}"


def whole(batch: Batch, closed: set[str]) -> Mapping[str, Any]:
    rows, why_none = first_rows(batch, closed)
    return told(batch, closed) | {"first_rows": rows, "why_no_rows": why_none}


def _key(batch: Batch) -> str:
    prefix = f"s3://{settings.CONFIG.scratch_bucket}/"
    if not batch.uri.startswith(prefix):
        raise NotFound("Its rows lie in a bucket that this installation does not use any more.", code="unknown_batch")
    return batch.uri.removeprefix(prefix)
