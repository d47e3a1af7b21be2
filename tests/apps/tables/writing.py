"""Tasks that write the table of their output themselves, in the hands of the tests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models.functions import Now

from apps.dags.models import Dag
from apps.dispatch import services
from apps.dispatch.models import Task
from apps.platform.contracts import Claimed
from apps.platform.contracts.tables import OpenTable, TableOpened
from operators.demo_blocks.chain import blocks
from operators.demo_blocks.config import DemoBlocksConfig
from operators.sdk.tables import Rows
from tests.apps.dags.makers import manual
from tests.apps.dispatch.makers import arm, claim_one, event, failed, fence, finish, publish, say, start, tasks_of
from tests.apps.tables.sinking import OPEN
from tests.factories import Persona
from workers.child.tables import DirectTable, target_of
from workers.tables.direct import DirectWriter

BLOCKS = """  - name: blocks
    activation: reactive
    runtime: ecs_platform
    operator: demo_blocks
    outputs: 1
    inputs: [{ from: { job: chunks } }]
    execution_strategy: PerPartition
    update_strategy: replace
    config: { seed: 1 }
publish:
  tip: { from: { job: blocks }, storage: postgres, write_mode: direct }
"""
SEEDED = DemoBlocksConfig(seed=1)


def direct(writer: Persona, text: str = BLOCKS) -> Dag:
    return arm(writer, manual("tip", extra=text), name="tip")


def given(dag: Dag) -> Claimed:
    """A task that makes blocks, in a worker's hands."""
    start(dag, block_range=(0, 999))
    first = claim_one(tasks_of(dag, "chunks")[-1].pk)
    finish(first, event(first, start=0, end=999))
    publish()
    return claim_one(tasks_of(dag, "blocks")[-1].pk)


def again(held: Claimed) -> Claimed:
    """The attempt after this one, which is told of nothing."""
    say(held, failed(held))
    Task.objects.filter(pk=held.task_id).update(next_retry_at=Now())
    services.retry_due()
    publish()
    return claim_one(held.task_id)


def opened(held: Claimed, output: int = 0) -> TableOpened:
    return services.open_table(OpenTable(**fence(held), output=output))


def table(held: Claimed) -> DirectTable:
    """As the process of its operator has it."""
    return over(opened(held), held)


def over(told: TableOpened, held: Claimed) -> DirectTable:
    writer = DirectWriter(told.dsn, target_of(told.model_dump(mode="json"), held.task_id), held.attempt)
    OPEN.callback(writer.close)
    return DirectTable(writer)


def some(start: int, end: int) -> Rows:
    return blocks(SEEDED, start, end)


def then(rows: Sequence[Rows], *, act: Any) -> Iterator[Rows]:
    """Something happens when all but the last of them were received."""
    yield from rows[:-1]
    act()
    yield rows[-1]
