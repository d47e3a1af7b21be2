"""Tables that tasks write themselves: for whoever holds the lease, and for operators that are trusted."""

from __future__ import annotations

from django.conf import settings

from apps.dispatch.services.facts import facts
from apps.dispatch.services.fences import held
from apps.platform.contracts.tables import OpenTable, TableOpened
from apps.platform.errors import Forbidden
from apps.tables import services as tables
from apps.tables.domain import Producer
from apps.tables.services import Opening


def open_table(asked: OpenTable) -> TableOpened:
    """Raises StaleFence and Canceled, Forbidden, Invalid, Transient. *data* is asked after the fence, and outside of any transaction:
    of two attempts that ask at once the later one writes, whoever comes first.
    """
    org_id, job_id, version_job_id = held(asked)
    known = facts(version_job_id)
    if not known["is_trusted"]:
        raise Forbidden("Code of users hands its rows over, and writes no table itself.", code="untrusted")
    producer = Producer(org_id, asked.task_id, asked.attempt, job_id, asked.output)
    opening = Opening(producer, known["order"]["dag"], known["order"]["job"], is_alone=known["is_endless"])
    return tables.open_table(opening, dsn=settings.CONFIG.data_dsn)
