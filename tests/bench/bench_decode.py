"""Rows per second of `log_decode`, beside a plain loop over eth-abi that makes the same columns."""

from __future__ import annotations

from random import Random
from typing import Any

import pyarrow as pa
from eth_abi.abi import decode

from operators.log_decode.abi import EventFragment
from operators.sdk.chain.decoding import Form
from tests.bench.report import Report
from tests.bench.stage import Stage, seconds_of
from tests.operators.log_decode.making import SCHEMA, TRANSFER, decoder, event, log_of

# The loop is as quick with fewer, and would take minutes.
ROWS, LOOP_ROWS, BATCH_ROWS = 250_000, 10_000, 65_536
SWAP = event("Swap", ("sender", "address", True), ("path", "address[]"), ("amounts", "uint256[]"), ("note", "string"))
LOOP = "a loop over eth_abi.decode of the same logs, into the same columns"
ROUNDS = 3


def run(report: Report, stage: Stage) -> None:
    _measure(report, "transfers", TRANSFER, ROWS, _transfer)
    _measure(report, "arrays_and_text", SWAP, ROWS // 10, _swap)


def _measure(report: Report, name: str, made: EventFragment, rows: int, values: Any) -> None:
    draw = Random(7)
    # What one in a thousand is of is made once: the making would take minutes.
    some = [log_of(made, values(draw)) for _ in range(1_000)]
    logs = pa.Table.from_pylist(some, SCHEMA)
    logs = pa.concat_tables([logs] * (rows // 1_000)).combine_chunks()
    ours = {form: min(seconds_of(lambda form=form: _ours(made, logs, form)) for _ in range(ROUNDS)) for form in Form}  # type: ignore[misc]
    loop = (LOOP, LOOP_ROWS / min(seconds_of(lambda: _loop(made, logs.slice(0, LOOP_ROWS))) for _ in range(ROUNDS)))
    report.add(f"decode.{name}_into_files", rows / ours[Form.FILE], "rows/s", baseline=loop)
    report.add(f"decode.{name}_into_tables", rows / ours[Form.TABLE], "rows/s", baseline=loop)


def _ours(made: EventFragment, logs: pa.Table, form: Form) -> int:
    one = decoder(made, form=form)
    for batch in logs.to_batches(BATCH_ROWS):
        one.decode(batch)
    return one.count.decoded


def _loop(made: EventFragment, logs: pa.Table) -> pa.Table:
    indexed = [one.canonical for one in made.inputs if one.indexed]
    plain = [one.canonical for one in made.inputs if not one.indexed]
    rows = []
    for one in logs.to_pylist():
        topics = [decode([kind], one[f"topic{place}"])[0] for place, kind in enumerate(indexed, start=1)]
        rows.append([str(value) for value in (*topics, *decode(plain, one["data"]))])
    return pa.table([pa.array(values) for values in zip(*rows, strict=True)], names=made.columns)


def _transfer(draw: Random) -> list[Any]:
    return [_address(draw), _address(draw), draw.getrandbits(draw.choice([60, 90, 256]))]


def _swap(draw: Random) -> list[Any]:
    count = draw.randint(2, 4)
    return [_address(draw), [_address(draw) for _ in range(count)], [draw.getrandbits(120) for _ in range(count)], "swapped"]


def _address(draw: Random) -> str:
    return f"0x{draw.randbytes(20).hex()}"
