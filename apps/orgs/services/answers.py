"""Answers of calls that may be sent again: claimed before the work, kept in the transaction of the work, forgotten after a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from apps.accounts.models import Person
from apps.orgs.models import KeptAnswer, Org
from apps.platform.errors import Conflict, Invalid

KEPT_FOR = timedelta(hours=24)
# A process that died never answers: after this the call is begun anew. What it had done was rolled back with its answer.
LONGEST_RUN = timedelta(minutes=5)


@dataclass(frozen=True)
class Call:
    """One POST. `fingerprint`: by whom, in which org, where, under which key. `digest`: with which body."""

    fingerprint: bytes
    digest: bytes
    person: Person
    org: Org | None
    address: str


def begin_answer(call: Call, *, now: datetime) -> KeptAnswer:
    """With a status where the call was answered before; without one it is the caller's to run."""
    said = {
        "body_digest": call.digest, "person": call.person, "org": call.org, "address": call.address,
        "status": None, "answer": "", "started_at": now,
    }  # fmt: skip
    row, is_first = KeptAnswer.objects.get_or_create(fingerprint=call.fingerprint, defaults=said)
    if is_first:
        return row
    if _is_over(row, now=now):
        # Of two that find it so one moves it on.
        if not KeptAnswer.objects.filter(pk=row.pk, started_at=row.started_at).update(**said):
            raise _in_use()
        row.refresh_from_db()
        return row
    if bytes(row.body_digest) != call.digest:
        raise Invalid(
            "This Idempotency-Key was sent with another body. Use a new key for another request.", code="idempotency_key_reused"
        )
    if row.status is None:
        raise _in_use()
    return row


def keep_answer(row: KeptAnswer, *, status: int, answer: str) -> None:
    """Inside the transaction of what is answered, so that there is never one without the other."""
    mine = KeptAnswer.objects.filter(pk=row.pk, started_at=row.started_at, status=None)
    if not mine.update(status=status, answer=answer):
        raise _in_use()


def release_answer(row: KeptAnswer) -> None:
    """Nothing was done: the key is free again."""
    KeptAnswer.objects.filter(pk=row.pk, started_at=row.started_at, status=None).delete()


def forget_answers(*, now: datetime) -> int:
    """Through a function of the database: whoever tidies need not be able to read what people were answered."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT orgs_forget_answers(%s)", [now - KEPT_FOR])
        return int(cursor.fetchone()[0])


def _is_over(row: KeptAnswer, *, now: datetime) -> bool:
    return row.started_at <= now - (LONGEST_RUN if row.status is None else KEPT_FOR)


def _in_use() -> Conflict:
    return Conflict(
        "A request with this Idempotency-Key still runs. Send it again in a moment, with the same key.",
        code="idempotency_key_in_use",
    )
