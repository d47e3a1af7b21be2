"""Attempts that write Parquet: as an operator would, but for what a test makes false."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from apps.dags.models import Dag
from apps.datasets.models import Partition
from apps.platform.contracts import Claimed, Completion, CompletionAnswer, Ending
from apps.platform.contracts.storing import PublishedPartition
from apps.platform.layout import MANIFEST, SUCCESS, AttemptPlace
from apps.platform.ports.objects import ObjectStore
from operators.sdk.manifest import Field, File, Manifest
from tests.apps.dags.makers import manual
from tests.apps.dispatch.makers import arm, claim, fence, publish, say, start, tasks_of
from tests.factories import Persona

SCHEMA = pa.schema([pa.field("block_number", pa.int64(), nullable=False), pa.field("value", pa.string())])


def parquet_dag(name: str = "kept", *, chunk: int = 10, seconds: int = 0) -> str:
    """A trigger, a splitter, and a job whose output is kept in the object store. Other `seconds` are another definition."""
    leaf = f"""  - name: leaf
    activation: reactive
    runtime: ecs_platform
    operator: sleep
    outputs: 1
    inputs: [{{ from: {{ job: chunks }} }}]
    execution_strategy: PerPartition
    update_strategy: replace
    config: {{ seconds: {seconds} }}
publish:
  kept_blocks: {{ from: {{ job: leaf }} }}
"""
    return manual(name, chunk=chunk, extra=leaf)


def table(start: int, end: int, **others: Any) -> pa.Table:
    numbers = list(range(start, end + 1))
    return pa.table(
        {"block_number": numbers, "value": [f"v{number}" for number in numbers], **others}, schema=others.pop("schema", SCHEMA)
    )


@dataclass
class Attempt:
    """What an operator writes for one partition."""

    claimed: Claimed
    store: ObjectStore
    key: str
    files: Mapping[str, bytes] = field(default_factory=dict)
    statistics: bool = True

    @property
    def place(self) -> AttemptPlace:
        slot = self.claimed.task.outputs[0]
        return AttemptPlace(
            self.claimed.task.org_id,
            slot.dataset_uuid,
            slot.dataset_version,
            self.key,
            self.claimed.task_id,
            self.claimed.attempt,
        )

    def write(
        self, *tables: pa.Table, change: Callable[[Manifest], Manifest] = lambda one: one, leave_out: Sequence[str] = ()
    ) -> PublishedPartition:
        bodies = {f"part_{number}.parquet": _parquet(one, statistics=self.statistics) for number, one in enumerate(tables)}
        manifest = change(self._manifest(bodies, tables))
        body = manifest.to_bytes()
        for name, content in {**bodies, MANIFEST: body, SUCCESS: b""}.items():
            if name not in leave_out:
                self.store.put(self.place.prefix + name, content)
        return self.published(body)

    def published(self, body: bytes) -> PublishedPartition:
        low, _, high = self.key.partition("-")
        scope: dict[str, Any] = (
            {"start": int(low), "end": int(high)} if high.isdigit() and low.isdigit() else {"partition_key": self.key}
        )
        place = self.place
        return PublishedPartition(
            dataset_uuid=place.dataset_id, dataset_version=place.version_id, manifest_sha256=sha256(body).hexdigest(), **scope
        )

    def _manifest(self, bodies: Mapping[str, bytes], tables: Sequence[pa.Table]) -> Manifest:
        files = [
            File(name, len(body), sha256(body).hexdigest(), one.num_rows)
            for (name, body), one in zip(bodies.items(), tables, strict=True)
        ]
        numbers = [value.as_py() for one in tables for value in one.column("block_number") if value.is_valid]
        place = self.place
        return Manifest(
            str(place.task_id), place.attempt, str(place.dataset_id), str(place.version_id), self.key, files,
            [Field(one.name, str(one.type), one.nullable) for one in tables[0].schema],
            "block_number", min(numbers, default=None), max(numbers, default=None),
        )  # fmt: skip


def _parquet(one: pa.Table, *, statistics: bool) -> bytes:
    sink = io.BytesIO()
    pq.write_table(one, sink, write_statistics=statistics)
    return sink.getvalue()


def begin(writer: Persona, text: str, *, ranges: tuple[int, int]) -> tuple[Dag, list[Claimed]]:
    """Armed and started: the leaves, claimed, one per chunk."""
    dag = arm(writer, text, name="kept")
    return dag, leaves(dag, ranges)


def leaves(dag: Dag, ranges: tuple[int, int]) -> list[Claimed]:
    start(dag, block_range=ranges)
    split(dag)
    return claim(*[task.pk for task in tasks_of(dag, "leaf") if task.status == "queued"])


def split(dag: Dag) -> None:
    """What the splitter would do."""
    chunk = int(next(job for job in dag.active.jobs.all() if job.name == "chunks").spec["config"]["chunk_size"])  # type: ignore[union-attr]
    for claimed in claim(*[task.pk for task in tasks_of(dag, "chunks") if task.status == "queued"]):
        fired = claimed.task.arrived[0].event
        assert fired.start is not None and fired.end is not None
        slot = claimed.task.outputs[0]
        events = [
            {
                "dataset_uuid": slot.dataset_uuid,
                "dataset_version": slot.dataset_version,
                "start": low,
                "end": min(low + chunk - 1, fired.end),
            }
            for low in range(fired.start, fired.end + 1, chunk)
        ]
        assert isinstance(
            say(claimed, Completion.model_validate({**fence(claimed), "status": "Completed", "events": events})), CompletionAnswer
        )
    publish()


def key_of(claimed: Claimed) -> str:
    seen = claimed.task.arrived[0].event
    return f"{seen.start}-{seen.end}"


def whole(claimed: Claimed, store: ObjectStore, **changes: Any) -> PublishedPartition:
    low, high = map(int, key_of(claimed).split("-"))
    return Attempt(claimed, store, key_of(claimed)).write(table(low, high), **changes)


def completing(claimed: Claimed, *published: PublishedPartition) -> Completion:
    return Completion(**fence(claimed), status=Ending.COMPLETED, datasets_published=list(published))


def do(claimed: Sequence[Claimed], store: ObjectStore) -> None:
    for one in claimed:
        assert isinstance(say(one, completing(one, whole(one, store))), CompletionAnswer)
    publish()


def current() -> list[tuple[str, int, int]]:
    rows = Partition.objects.filter(superseded_at__isnull=True).order_by("range_start", "key")
    return list(rows.values_list("key", "number", "rows"))
