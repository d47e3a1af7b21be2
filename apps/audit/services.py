"""The one writer of the audit log."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.db import connection, transaction

from apps.audit.domain import Actor, Subject
from apps.audit.models import Record
from apps.platform.telemetry import platform_redactor


def record(
    action: str,
    subject: Subject,
    *,
    by: Actor,
    org_id: UUID | None = None,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
) -> None:
    """Part of the change it tells of: both commit, or neither. Secrets are never told; our own are hidden even here."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("an audit record belongs into the transaction of the change it tells of")
    Record.objects.create(
        org_id=org_id, action=action,
        actor_kind=by.kind, actor_id=by.person_id, actor_name=by.name, token_id=by.token_id,
        request_id=by.request_id, address=by.address,
        object_kind=subject.kind, object_id=subject.id, object_name=subject.name[:300],
        before=_told(before), after=_told(after),
    )  # fmt: skip


def prune(*, keep_days: int) -> int:
    """Forget what is older than the retention: through the database's own function, the only way past its trigger."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit_prune(%s)", [keep_days])
        return int(cursor.fetchone()[0])


def _told(values: Mapping[str, object] | None) -> object:
    return None if values is None else platform_redactor.value("", dict(values))
