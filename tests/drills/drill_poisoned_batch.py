"""Drill 7: one bad row among 100,000. Its batch is a dead letter that says which and why, the others are written; put right, it is too."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pyarrow as pa
from pyarrow import ipc

from operators.demo_blocks.chain import blocks
from operators.demo_blocks.config import DemoBlocksConfig
from tests.drills import faults
from tests.drills.scene import Scene
from tests.journeys import tables
from tests.journeys.stack import StackProcess, wait_until
from tests.journeys.tables import Blocks, expected
from tests.journeys.test_stack_survives import s3_of

ROWS, CHUNK, SMALL = 400_000, 100_000, 1_000
BAD_ROW = 77_777
_WAITING = "SELECT id, uri FROM tables_batch WHERE dataset_id = %s AND state = 'waiting' ORDER BY id"
_STATES = "SELECT state, count(*) FROM tables_batch WHERE dataset_id = %s GROUP BY 1"
_EVENTS = "SELECT count(*) FROM dispatch_event WHERE data ->> 'batch' = %s"


def test_one_bad_row_keeps_its_batch_out_and_no_other(scene: Scene) -> None:
    dag, small = (
        Blocks(lambda: scene.stack, name, tables.BUFFERED, chunk=chunk) for name, chunk in (("fed", CHUNK), ("small", SMALL))
    )
    for one in (dag, small):
        one.run(900_000, 900_009)
        one.wait_for_rows(10)
    with scene.fault("a batch poisoned"), faults.locked(scene.stack, "data"):
        dag.run(0, ROWS - 1)
        small.run(0, SMALL - 1)
        (batch_id, uri), *_ = waiting(scene, dag, ROWS // CHUNK)
        ((small_id, small_uri),) = waiting(scene, small, 1)
        whole = poison(scene.stack, uri, BAD_ROW)
        poison(scene.stack, small_uri, 1)

    for one, bad in ((dag, batch_id), (small, small_id)):
        wait_until(lambda one=one: states(scene, one).get("dead") == 1, seconds=120, what="no dead letter")  # type: ignore[misc]
        (letter,) = one.hands.letters(f"{one.name}_blocks")
        assert letter["id"] == str(bad) and letter["fault_count"] == 1
        assert letter["faults"] == [{"row": BAD_ROW if one is dag else 1, "column": "block_hash", "reason": "is null"}]
    dag.wait_for_rows(ROWS - CHUNK + 10)
    assert scene.state.number(_EVENTS, str(batch_id)) == 0

    s3_of(scene.stack).put_object(Bucket=bucket(uri), Key=key(uri), Body=whole)
    dag.hands.replay("fed_blocks", str(batch_id))
    rows = blocks(DemoBlocksConfig(seed=1), 0, SMALL - 1).to_pylist()
    small.hands.repair("small_blocks", str(small_id), b"\n".join(json.dumps(row, default=lambda value: f"0x{value.hex()}").encode() for row in rows))  # fmt: skip

    dag.wait_for_rows(ROWS + 10)
    small.wait_for_rows(SMALL + 10)
    assert (dag.content(below=ROWS), small.content(below=SMALL)) == (expected(0, ROWS - 1), expected(0, SMALL - 1))
    wait_until(lambda: scene.state.number(_EVENTS, str(batch_id)) == 1, what="nobody heard of the replayed batch")
    assert states(scene, small) == {"replaced": 1, "written": 2}
    scene.must_end_well()


def waiting(scene: Scene, dag: Blocks, count: int) -> list[tuple[UUID, str]]:
    """Handed over, and not in the table: it is away."""
    found: list[tuple[UUID, str]] = []

    def are_there() -> bool:
        found[:] = scene.state.ask(_WAITING, dag.dataset_id)
        return len(found) == count

    wait_until(are_there, seconds=120, what=f"{dag.name} handed over {len(found)} batches: {dag.tasks()}")
    return found


def states(scene: Scene, dag: Blocks) -> dict[str, int]:
    return dict(scene.state.ask(_STATES, dag.dataset_id))


def poison(stack: StackProcess, uri: str, row: int) -> bytes:
    """One value goes missing. What it was before."""
    store: Any = s3_of(stack)
    whole: bytes = store.get_object(Bucket=bucket(uri), Key=key(uri))["Body"].read()
    table = ipc.open_stream(whole).read_all()
    hashes = table["block_hash"].to_pylist()
    hashes[row - 1] = None
    bad = table.set_column(table.column_names.index("block_hash"), "block_hash", pa.array(hashes, pa.binary(32)))
    body = pa.BufferOutputStream()
    with ipc.new_stream(body, bad.schema) as written:
        written.write_table(bad)
    store.put_object(Bucket=bucket(uri), Key=key(uri), Body=body.getvalue().to_pybytes())
    return whole


def bucket(uri: str) -> str:
    return uri.split("/")[2]


def key(uri: str) -> str:
    return uri.split("/", 3)[3]
