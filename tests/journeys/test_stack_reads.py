"""What one job keeps, another one reads: through every process, from what was pinned when its attempt began."""

from __future__ import annotations

import io
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from operators.demo_blocks.chain import blocks
from operators.demo_blocks.config import DemoBlocksConfig
from operators.demo_totals.config import DemoTotalsConfig
from operators.demo_totals.operator import DemoTotals
from operators.sdk.recorded_inputs import RecordedInputs
from operators.sdk.task import Range
from operators.sdk.testing import Recording
from tests.documents import chunked, reactive
from tests.journeys.stack import StackProcess, wait_until
from tests.journeys.test_stack_survives import s3_of

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("stack")]


def document(seed: int) -> str:
    return chunked(
        "totals",
        reactive("blocks", "demo_blocks", seed=seed),
        reactive("totals", "demo_totals", "blocks", bucket=300),
        reactive("overall", "demo_totals", "blocks", strategy="Bulk", bucket=10000),
        chunk=1000,
        publish={"summed_blocks": "blocks", "block_totals": "totals", "overall_totals": "overall"},
    )


RANGES = (Range(0, 999), Range(1000, 1999), Range(2000, 2499))
WHOLE = Range(0, 2499)
_CURRENT = """
SELECT p.key, p.number, p.prefix, p.files, p.version_id FROM datasets_dataset AS d JOIN datasets_output AS o ON o.id = d.output_id
JOIN datasets_partition AS p ON p.version_id = o.current_id AND p.superseded_at IS NULL WHERE d.name = %s ORDER BY p.range_start
"""
# Of the attempt that made each of the current partitions.
_READ = """
SELECT made.key, pin.key, pin.number, pin.version_id, pin.read_rows, pin.rows FROM datasets_dataset AS d
JOIN datasets_output AS o ON o.id = d.output_id
JOIN datasets_partition AS made ON made.version_id = o.current_id AND made.superseded_at IS NULL
JOIN dispatch_pin AS pin ON pin.task_id = made.task_id AND pin.attempt = made.attempt
WHERE d.name = %s ORDER BY made.range_start, pin.range_start
"""
_BUSY = """
SELECT count(*) FROM dispatch_task AS t JOIN dispatch_livejob AS j ON j.id = t.job_id JOIN dags_dag AS d ON d.id = j.dag_id
WHERE d.name = 'totals' AND (t.status IN ('queued', 'running') OR t.status = 'failed')
"""
_ACTIVE = "SELECT v.number FROM dags_dag AS d JOIN dags_dagversion AS v ON v.id = d.active_id WHERE d.name = 'totals'"


def ask(stack: StackProcess, method: str, path: str, body: dict[str, Any]) -> Any:
    token = stack.facts["demo"]["people"]["admin"]["token"]
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid4())}
    answer = httpx.request(method, stack.url + path, json=body, headers=headers, timeout=30)
    assert answer.is_success, answer.text
    return answer.json()


class Totals:
    """The DAG on the stack, as people and readers see it."""

    def __init__(self, stack: StackProcess, state: psycopg.Connection) -> None:
        self.stack, self.state = stack, state

    def activate(self, seed: int) -> None:
        version = ask(self.stack, "POST", "/v1/dags/totals/versions", {"yaml": document(seed)})
        ask(self.stack, "PUT", "/v1/dags/totals/active", {"version_id": version["id"], "cutover": "auto"})

    def run(self, within: Range = WHOLE) -> None:
        self.until(lambda: self.rows("SELECT 1 FROM dispatch_livejob WHERE name = 'overall' AND job_id IS NOT NULL"))
        ask(self.stack, "POST", "/v1/dags/totals/jobs/start/runs", {"range": {"start": within.start, "end": within.end}})

    def rows(self, statement: str, *given: Any) -> list[Any]:
        return list(self.state.execute(statement, given))

    def until(self, condition: Any) -> None:
        wait_until(condition, seconds=90, what="it did not come to that")

    def until_idle(self) -> None:
        """Nothing is under way, and nothing on its way: what was told has been routed."""
        waits = "SELECT count(*) FROM outbox_message WHERE state = 'pending'"
        self.until(lambda: self.rows(_BUSY) == [(0,)] and self.rows(waits) == [(0,)] and self.rows(_BUSY) == [(0,)])

    def current(self, dataset: str) -> dict[str, int]:
        return {key: number for key, number, *_ in self.rows(_CURRENT, dataset)}

    def read(self, dataset: str) -> list[tuple[str, str, int]]:
        return [(made, key, number) for made, key, number, *_ in self.rows(_READ, dataset)]

    def content(self, dataset: str) -> dict[str, pa.Table]:
        s3, bucket = s3_of(self.stack), self.stack.facts["s3"]["data_bucket"]
        return {
            key: pq.read_table(io.BytesIO(s3.get_object(Bucket=bucket, Key=prefix + files[0]["name"])["Body"].read()))
            for key, _, prefix, files, _ in self.rows(_CURRENT, dataset)
        }


def expected(seed: int, ranges: tuple[Range, ...], bucket: int) -> pa.Table:
    """From nothing, in this process."""
    config = DemoBlocksConfig(seed=seed)
    made: dict[Range | str, pa.Table] = {one: blocks(config, one.start, one.end) for one in ranges}
    task = Recording(DemoTotalsConfig(bucket=bucket), inputs=RecordedInputs(made))
    DemoTotals().run(task)
    return task.store.read(0, Range(ranges[0].start, ranges[-1].end))


def matches(found: dict[str, pa.Table], seed: int) -> bool:
    return {key: table.to_pylist() for key, table in found.items()} == {
        one.key: expected(seed, (one,), 300).to_pylist() for one in RANGES
    }


def test_totals_are_of_what_was_pinned_and_made_again_with_it(stack: StackProcess) -> None:
    with stack.connect("state") as state:
        dag = Totals(stack, state)
        dag.activate(seed=3)
        dag.run()
        dag.until(lambda: len(dag.current("block_totals")) == 3)
        dag.until_idle()

        assert matches(dag.content("block_totals"), 3)
        assert dag.read("block_totals") == [(one.key, one.key, 1) for one in RANGES]
        assert all(read == rows > 0 for *_, read, rows in dag.rows(_READ, "block_totals"))
        (overall,) = dag.content("overall_totals").values()
        assert overall.to_pylist() == expected(3, RANGES, 10_000).to_pylist()
        first_version = {row[3] for row in dag.rows(_READ, "block_totals")}

        # One partition is said to be wrong: the totals of exactly that range are made again, of what is there.
        ask(stack, "POST", "/v1/datasets/summed_blocks/invalidations", {"partition": "1000-1999"})
        dag.until(lambda: dag.current("block_totals")["1000-1999"] == 2)
        dag.until_idle()
        assert dag.current("block_totals") == {"0-999": 1, "1000-1999": 2, "2000-2499": 1}
        assert dag.read("block_totals") == [(one.key, one.key, 1) for one in RANGES]

        # It is made again itself: the totals read the new one, and the others are left alone.
        dag.run(RANGES[1])
        dag.until(lambda: dag.current("block_totals")["1000-1999"] == 3)
        dag.until_idle()
        assert dag.current("block_totals") == {"0-999": 1, "1000-1999": 3, "2000-2499": 1}
        assert dag.read("block_totals") == [(one.key, one.key, 2 if one.start == 1000 else 1) for one in RANGES]
        assert matches(dag.content("block_totals"), 3)

        # Another chain: all is built anew, the totals of the new blocks alone.
        dag.activate(seed=4)
        dag.until(lambda: dag.rows(_ACTIVE) == [(2,)])
        dag.until_idle()
        assert matches(dag.content("block_totals"), 4)
        (overall,) = dag.content("overall_totals").values()
        assert overall.to_pylist() == expected(4, RANGES, 10_000).to_pylist()
        versions: set[UUID] = {row[3] for row in dag.rows(_READ, "block_totals")}
        assert len(versions) == 1 and not versions & first_version
        assert versions == {row[4] for row in dag.rows(_CURRENT, "summed_blocks")}
