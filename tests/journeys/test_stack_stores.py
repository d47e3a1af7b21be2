"""A run with a range, through every process: splitter, blocks, and what lies in the object store afterwards."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx
import pytest

from apps.platform import layout
from operators.sdk.manifest import Manifest
from tests.documents import chunked, reactive
from tests.journeys.stack import StackProcess, wait_until
from tests.journeys.test_stack_survives import s3_of

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("stack")]

DOCUMENT = chunked("stored", reactive("blocks", "demo_blocks", seed=3), chunk=1000, publish={"stored_blocks": "blocks"})
TASKS = """
SELECT t.org_id, t.id, t.attempt, t.partition_key, t.status, t.error FROM dispatch_task AS t JOIN dispatch_livejob AS j ON j.id = t.job_id
JOIN dags_dag AS d ON d.id = j.dag_id WHERE d.name = 'stored' AND j.name = 'blocks' ORDER BY t.range_start
"""
ARMED = "SELECT FROM dispatch_livejob AS j JOIN dags_dag AS d ON d.id = j.dag_id WHERE d.name = 'stored' AND j.name = 'blocks'"


def ask(stack: StackProcess, method: str, path: str, body: dict[str, Any]) -> Any:
    token = stack.facts["demo"]["people"]["admin"]["token"]
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid4())}
    return httpx.request(method, stack.url + path, json=body, headers=headers, timeout=30).raise_for_status().json()


def test_a_run_with_a_range_leaves_whole_partitions_in_the_store(stack: StackProcess) -> None:
    version = ask(stack, "POST", "/v1/dags/stored/versions", {"yaml": DOCUMENT})
    ask(stack, "PUT", "/v1/dags/stored/active", {"version_id": version["id"], "cutover": "auto"})
    with stack.connect("state") as state:
        wait_until(lambda: state.execute(ARMED).fetchone() is not None)
        ask(stack, "POST", "/v1/dags/stored/jobs/start/runs", {"range": {"start": 0, "end": 2_499}})
        wait_until(lambda: [row[4] for row in state.execute(TASKS)] == ["completed"] * 3, what=str(list(state.execute(TASKS))))
        tasks = list(state.execute(TASKS))
        said = "SELECT count(*) FROM dispatch_event WHERE kind = 'range' AND task_id = ANY(%s)"
        # The platform's own, of what it has committed: the operator emits none.
        assert state.execute(said, [[task[1] for task in tasks]]).fetchone() == (3,)

    s3, bucket = s3_of(stack), stack.facts["s3"]["data_bucket"]
    for (org_id, task_id, attempt, *_), key, rows in zip(
        tasks, ("0-999", "1000-1999", "2000-2499"), (1000, 1000, 500), strict=True
    ):
        found = [one["Key"] for one in s3.list_objects_v2(Bucket=bucket, Prefix=f"{org_id}/datasets/").get("Contents", [])]
        mine = [one for one in found if f"/{layout.partition_segment(key)}/{task_id}-{attempt}/" in one]
        assert {one.rpartition("/")[2] for one in mine} == {
            f"blocks_{key.replace('-', '_')}.parquet", layout.MANIFEST, layout.SUCCESS,
        }  # fmt: skip
        manifest_key = next(one for one in mine if one.endswith(layout.MANIFEST))
        manifest = Manifest.parse(s3.get_object(Bucket=bucket, Key=manifest_key)["Body"].read())
        assert (manifest.task_id, manifest.attempt, manifest.partition_key, manifest.rows) == (str(task_id), attempt, key, rows)
