"""What it costs to move the mark of a job."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from apps.dispatch.models import Cursor, Event
from apps.dispatch.services import cursors
from tests.apps.dags.makers import manual
from tests.apps.dispatch.makers import arm, job_of, start
from tests.factories import Persona

pytestmark = pytest.mark.django_db
MANY = 5_000
_MULTIPLY = """
INSERT INTO dispatch_event (
    org_id, job_id, task_id, root_id, attempt, output, generation, kind, cursor, partition_key, materialisation, identity, created_at
)
SELECT org_id, uuidv7(), task_id, root_id, attempt, output, generation, kind, n::numeric, '', 0, n::text, now()
FROM dispatch_event, generate_series(1, %s) AS n WHERE id = %s
"""


def walked(plan: dict[str, Any]) -> Iterator[float]:
    """Rows of events that each step of a plan looked at."""
    if "dispatch_event" in plan.get("Relation Name", ""):
        looked_at = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0) + plan.get("Rows Removed by Index Recheck", 0)
        yield looked_at * plan["Actual Loops"]
    for part in plan.get("Plans", []):
        yield from walked(part)


def test_with_the_router_behind_a_mark_walks_no_event_of_another_job(writer: Persona) -> None:
    dag = arm(writer, manual())
    start(dag, block_range=(0, 9))
    said, listener = Event.objects.get(), job_of(dag, "chunks")
    params: dict[str, Any] = {"job_ids": [listener.pk], "generations": [listener.generation], "positions": [9]}

    with connection.cursor() as cursor:
        cursor.execute(_MULTIPLY, [MANY, said.pk])
        cursor.execute("UPDATE dispatch_event SET routed_at = NULL WHERE id = %s", [said.pk])
        cursor.execute("ANALYZE dispatch_event")
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {cursors._ADVANCE}", params)
        (told,) = cursor.fetchone() or ("[]",)

    (answer,) = json.loads(told) if isinstance(told, str) else told
    assert sum(walked(answer["Plan"])) == 1


def test_work_done_again_and_work_done_in_order_end_in_one_call(writer: Persona) -> None:
    """As after a reorg: what is made again says nothing new, beside what goes on."""
    dag = arm(writer, manual())
    again, on = job_of(dag, "start"), job_of(dag, "chunks")

    cursors.advance_cursors([
        cursors.Done(again.pk, again.generation, cursors.NOTHING_NEW), cursors.Done(on.pk, on.generation, Decimal(5))
    ])  # fmt: skip

    assert {one.job_id: one.highest for one in Cursor.objects.all()} == {on.pk: Decimal(5)}
