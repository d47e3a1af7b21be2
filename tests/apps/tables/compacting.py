"""A chain in hot tables, written as a follower writes them, and tasks that compact them: each part as it is, over the internal plane's
own code.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import pyarrow as pa
import pyarrow.parquet as pq
from django.conf import settings
from django.utils import timezone

from apps.dags.models import Dag
from apps.datasets.models import Partition
from apps.datasets.stored_file import StoredFile
from apps.datasets.stores import data_store
from apps.dispatch import capabilities, services
from apps.dispatch.domain import CONTAINER, id_at
from apps.dispatch.models import Invalidation, Task
from apps.dispatch.services.handing import ENQUEUE
from apps.outbox.models import Message
from apps.platform.contracts import Claimed, Completion, CompletionAnswer, EventsReport
from apps.platform.contracts.storing import CredentialsRequest
from apps.platform.contracts.tables import OpenTable, ReadTable
from apps.platform.errors import Transient, UserError
from apps.platform.seam import Cold, HotState, Span, seam
from apps.platform.tables import COMPACTED, OrgNames
from operators.sdk.catalogue import find
from operators.sdk.chain.decoding import BlockData, Form, blocks_table, logs_table, transactions_table
from operators.sdk.task import Range
from operators.sdk.wire import error_of
from tests.apps.chains.makers import make_pools_of
from tests.apps.dags.makers import activate, deploy, manual
from tests.apps.datasets.makers import split
from tests.apps.dispatch.makers import claim_one, event, fence, publish, say, start, tasks_of
from tests.apps.tables.makers import dataset_of
from tests.apps.tables.sinking import OPEN
from tests.factories import Persona
from tests.fixtures.chain import Node
from tests.fixtures.data import DataPlane
from workers.child.context import Context
from workers.child.frames import Message as Frame
from workers.child.lines import WireLog
from workers.child.running import _completed
from workers.child.tables import DirectTable, target_of
from workers.child.wire import Wire
from workers.tables.direct import DirectWriter

TABLES = {"blocks": blocks_table, "transactions": transactions_table, "logs": logs_table}
FINAL = 5
_FOLLOW = """  - name: follow
    activation: source
    runtime: ecs_platform
    operator: block_follower
    outputs: 3
    source: { kind: always_on }
    config: { chain_id: 31337, rpc_pool: standard, start_block: 0, max_reorg_depth: 5 }
"""
_COMPACT = """  - name: compact_TABLE
    activation: reactive
    runtime: ecs_platform
    operator: parquet_compact
    outputs: 1
    inputs: [{ from: { job: chunks } }]
    execution_strategy: PerPartition
    update_strategy: replace
    config: { chain_id: 31337, hot_dataset: hot_TABLE, finality_depth_blocks: 5, delete_after_commit: DELETES }
"""


def text(*, deletes: bool = True, chunk: int = 10, extra: str = "", publish: str = "") -> str:
    """`extra`: further jobs; `publish`: what is made of them."""
    jobs = [_COMPACT.replace("TABLE", name).replace("DELETES", str(deletes).lower()) for name in TABLES]
    hot = [
        f"  hot_{name}: {{ from: {{ job: follow, output: {number} }}, storage: postgres, write_mode: direct }}"
        for number, name in enumerate(TABLES)
    ]
    cold = [f"  cold_{name}: {{ from: {{ job: compact_{name} }} }}" for name in TABLES]
    return manual(
        "chain", chunk=chunk, extra="".join([_FOLLOW, *jobs, extra, "publish:\n", "\n".join([*hot, *cold, publish]), "\n"])
    )


class PlaneWire:
    """The wire of a child, at whose other end is the internal plane's own code, in this thread and its transaction."""

    def __init__(self, held: Claimed) -> None:
        self._fence = json.dumps(fence(held), default=str)[1:-1]
        self._capability = capabilities.read(held.capability_token, now=timezone.now())
        self._calls = {"credentials": self._mint, "table": self._open, "hot": self._read}

    def ask(self, message: Frame) -> Frame:
        ((name, members),) = message.items()
        try:
            return self._calls[name](f"{{{self._fence},{members}}}")
        except Transient as away:
            return {"away": str(away)}
        except UserError as refusal:
            return {"refused": refusal.message}

    def send(self, message: Frame) -> None:
        """Progress, which nobody looks at here."""

    def is_canceled(self, serial: int) -> bool:
        return False

    def _mint(self, body: str) -> Frame:
        asked = CredentialsRequest.model_validate_json(body)
        return {"keys": services.mint_credentials(asked, self._capability, now=timezone.now()).model_dump(mode="json")}

    def _open(self, body: str) -> Frame:
        return {"table": services.open_table(OpenTable.model_validate_json(body)).model_dump(mode="json")}

    def _read(self, body: str) -> Frame:
        opened = services.read_table(ReadTable.model_validate_json(body), now=timezone.now())
        return {"opened": opened.model_dump(mode="json")}


def context_of(held: Claimed) -> Context:
    order = {**held.task.model_dump(mode="json"), "task_id": str(held.task_id), "attempt": held.attempt, "serial": 1}
    wire = cast("Wire", PlaneWire(held))
    made = Context(wire, order, find(held.task.operator), WireLog(wire))
    OPEN.callback(made.close)
    return made


def completed_of(context: Context, held: Claimed) -> Completion:
    """As the child says it."""
    return Completion.model_validate_json(
        f'{{{json.dumps(fence(held), default=str)[1:-1]},"status":"Completed",{_completed(context)}}}'
    )


def failed_of(error: Exception, held: Claimed) -> Completion:
    said = {**fence(held), "status": "Failed", "error": error_of(error, memory_mb=256)}
    return Completion.model_validate_json(json.dumps(said, default=str))


def read_blocks(node: Node, start: int, end: int) -> list[BlockData]:
    numbers = [hex(number) for number in range(start, end + 1)]
    blocks = [("eth_getBlockByNumber", [number, True]) for number in numbers]
    found = node.ask_all([*blocks, *[("eth_getBlockReceipts", [number]) for number in numbers]])
    return [BlockData(block, receipts) for block, receipts in zip(found[: len(numbers)], found[len(numbers) :], strict=True)]


@dataclass
class Chain:
    """What a test has in hand: the follower's task, and the tables that it writes."""

    dag: Dag
    writer: Persona
    node: Node
    plane: DataPlane
    follower: Claimed
    reports: int = 0

    def table(self, name: str) -> DirectTable:
        told = services.open_table(OpenTable(**fence(self.follower), output=list(TABLES).index(name)))
        made = DirectWriter(told.dsn, target_of(told.model_dump(mode="json"), self.follower.task_id), self.follower.attempt)
        OPEN.callback(made.close)
        return DirectTable(made)

    def follow(self, start: int, end: int, *names: str) -> None:
        """What the node has of them now, in place of what the tables have."""
        data = read_blocks(self.node, start, end)
        for name in names or TABLES:
            self.table(name).replace(Range(start, end), TABLES[name](data, self.node.chain_id, Form.TABLE), key="block_number")

    def rewrite(self, start: int, end: int) -> None:
        """As a follower does after a reorg: the rows, and then the news."""
        self.follow(start, end)
        self.tell_of_reorg(start, end)

    def tell_of_reorg(self, start: int, end: int) -> None:
        self._tell(scope="row_range", row_filter={"block_number": {"gte": str(start), "lte": str(end)}}, reason="reorg")

    def tell_of_block(self, number: int) -> None:
        self._tell(cursor=str(number))

    def _tell(self, **scope: Any) -> None:
        self.reports += 1
        said = EventsReport(
            **fence(self.follower), sequence=self.reports, events=[event(self.follower, output=n, **scope) for n in range(len(TABLES))]
        )  # fmt: skip
        (answer,) = services.report([(said, capabilities.read(self.follower.capability_token, now=timezone.now()))])
        assert not isinstance(answer, Exception), answer

    def compact(self, name: str, start_: int, end: int) -> Claimed:
        """A task that compacts that range, in a worker's hands."""
        start(self.dag, block_range=(start_, end))
        split(self.dag)
        return claim_one([one for one in tasks_of(self.dag, f"compact_{name}") if one.status == "queued"][-1].pk)

    def run(self, held: Claimed) -> Completion:
        """Its operator, to the end, and what it then says."""
        context = context_of(held)
        find_operator(held)().run(context)
        said = completed_of(context, held)
        context.close()
        return said

    def do(self, name: str, start_: int, end: int, *, moves: bool = True) -> Claimed:
        held = self.compact(name, start_, end)
        taken(held, self.run(held))
        if moves:
            publish()
        return held

    # What is read

    def hot_rows(self, name: str) -> list[dict[str, Any]]:
        dataset = dataset_of(self.writer, f"hot_{name}")
        return self.plane.rows(self.writer.org.pk, dataset.pk, order="block_number")

    def hot_numbers(self, name: str) -> list[int]:
        return [row["block_number"] for row in self.hot_rows(name)]

    def ledger(self, name: str) -> list[tuple[int, int, int, int, bool]]:
        dataset = dataset_of(self.writer, f"hot_{name}")
        ledger = f"{OrgNames(self.writer.org.pk).schema}.{COMPACTED}"
        rows = self.plane.run(f"SELECT * FROM {ledger} WHERE dataset_id = %s ORDER BY range_start", dataset.pk)  # noqa: S608
        return [(r["range_start"], r["range_end"], r["through"], r["rows"], r["done_at"] is not None) for r in rows]

    def pieces(self, name: str) -> list[Partition]:
        found = Partition.objects.filter(version__output__job=f"compact_{name}", superseded_at=None).order_by("range_start")
        return list(found.select_related("version__output"))

    def pins(self, name: str) -> list[Cold[Partition]]:
        return [Cold(one.range_start or 0, one.range_end or 0, self._is_valid(one), one) for one in self.pieces(name)]

    def _is_valid(self, piece: Partition) -> bool:
        """Nothing has said of its blocks that they do not hold, since it was committed."""
        return not Invalidation.objects.filter(
            job__name="follow",
            range_start__lte=piece.range_end,
            range_end__gte=piece.range_start,
            pk__gte=id_at(piece.committed_at),
        ).exists()

    def snapshot(self, name: str) -> HotState:
        numbers = self.hot_numbers(name)
        bounds = Span(min(numbers), max(numbers)) if numbers else None
        return HotState(bounds, [Span(low, high) for low, high, *_ in self.ledger(name)])

    def read(self, name: str, *, pinned: Sequence[Cold[Partition]] | None = None) -> list[tuple[int, bytes]]:
        """By the rule of the seam: of each row its block and the hash of that."""
        found = seam(self.pins(name) if pinned is None else pinned, self.snapshot(name), resolved_again=pinned is None)
        assert not found.missing
        rows = [pair for one in found.cold for pair in pairs(rows_in(one.of))]
        spans = found.hot_within(0, 2**40)
        hot = [(r["block_number"], bytes(r["block_hash"])) for r in self.hot_rows(name)]
        rows += [pair for pair in hot if any(low <= pair[0] <= high for low, high in spans)]
        return sorted(rows)

    def truth(self, name: str) -> list[tuple[int, bytes]]:
        """What the node has."""
        return sorted(pairs(TABLES[name](read_blocks(self.node, 0, self.node.head), self.node.chain_id, Form.FILE)))


def rows_in(piece: Partition) -> pa.Table:
    files = [StoredFile(data_store(), piece.prefix + file["name"], file["size_bytes"]) for file in piece.files]
    return pa.concat_tables([pq.ParquetFile(one, pre_buffer=False).read() for one in files])


def pairs(rows: pa.Table) -> list[tuple[int, bytes]]:
    return list(zip(rows["block_number"].to_pylist(), rows["block_hash"].to_pylist(), strict=True))


def find_operator(held: Claimed) -> Any:
    from pkgutil import resolve_name

    implementation = find(held.task.operator).implementation
    assert implementation
    return resolve_name(implementation)


def taken(held: Claimed, said: Completion) -> None:
    answer = say(held, said)
    assert isinstance(answer, CompletionAnswer), answer


def chain_of(writer: Persona, node: Node, plane: DataPlane, **document: Any) -> Chain:
    version = deploy(writer, text(**document), name="chain")
    make_pools_of(version)
    dag = activate(writer, version)
    services.arm(dag.pk, now=timezone.now())
    # The follower would get a container, and is worked by hand here.
    Message.objects.filter(kind=ENQUEUE, payload__runtime=CONTAINER).delete()
    publish()
    return Chain(dag, writer, node, plane, claim_one(tasks_of(dag, "follow")[-1].pk))


def status_of(held: Claimed) -> Task:
    return Task.objects.get(pk=held.task_id)


def bucket() -> str:
    return str(settings.CONFIG.data_bucket)
