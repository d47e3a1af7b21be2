"""DAGs that synchronise chains, and their ranges worked by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.utils import timezone

from apps.dags import services as dags
from apps.dags.models import Dag, DagVersion, Job
from apps.dispatch.models import LiveJob, Task
from apps.platform.contracts import Claimed
from apps.platform.errors import Transient
from apps.syncing import services
from apps.syncing.models import SyncRange, SyncStream
from tests.apps.dags.makers import deploy
from tests.apps.dispatch.makers import arm, claim, failed, finish, publish, say
from tests.factories import Persona, acting, principal
from tests.fixtures.chain import Node

FIXED = "{ kind: fixed_target, from_block: 0, to_block: 10000 }"


def fixed(start: int, stop: int) -> str:
    return f"{{ kind: fixed_target, from_block: {start}, to_block: {stop} }}"


def following(start: int = 0, *, lag: int = 0, age: int = 30, poll: int = 1) -> str:
    return f"{{ kind: follow_head, from_block: {start}, tail_lag: {lag}, head_poll_interval_seconds: {poll}, max_head_age_seconds: {age} }}"


def syncing(
    mode: str = FIXED,
    *,
    name: str = "chain",
    chunk: int = 1000,
    inflight: int = 3,
    keys: Sequence[str] = ("blocks",),
    extra: str = "",
) -> str:
    streams = "".join(
        f"      - {{ dataset_key: {key}, cryo_dataset_name: {key}, rpc_pool: standard, chunk_size: {chunk}, max_inflight: {inflight} }}\n"
        for key in keys
    )
    return f"name: {name}\nentrypoints:\n  - name: main\n    kind: chain_sync\n    chain_id: 31337\n    mode: {mode}\n    streams:\n{streams}{extra}"


def begin(writer: Persona, text: str | None = None, *, name: str = "chain") -> Dag:
    return arm(writer, text or syncing(), name=name)


def redeploy(writer: Persona, dag: Dag, text: str) -> None:
    switch(writer, dag, deploy(writer, text, name=dag.name))


def switch(writer: Persona, dag: Dag, version: Any) -> None:
    dag = Dag.objects.get(pk=dag.pk)
    dags.activate(dag, dags.Wanted(version), who=principal(writer), by=acting(writer), now=timezone.now())
    publish()


def stream_of(dag: Dag, name: str = "main_blocks") -> SyncStream:
    """The one that a job works at now."""
    return SyncStream.objects.at_work().defer("covered").get(dag=dag, name=name)


def job_of(dag: Dag, name: str = "main_blocks") -> LiveJob:
    return LiveJob.objects.get(dag=dag, name=name, build=None)


def ledger(stream: SyncStream, **only: Any) -> list[tuple[int, int]]:
    return list(SyncRange.objects.filter(stream=stream, **only).order_by("start").values_list("start", "end"))


def waiting(stream: SyncStream) -> list[Task]:
    return list(Task.objects.filter(generation=stream.generation, status="queued").order_by("range_start"))


def take(stream: SyncStream, most: int = 1000) -> list[Claimed]:
    return claim(*[task.pk for task in waiting(stream)[:most]])


def do(claimed: Sequence[Claimed]) -> None:
    for one in claimed:
        finish(one)
    publish()


def break_down(claimed: Sequence[Claimed]) -> None:
    """For good."""
    for one in claimed:
        say(one, failed(one, retryable=False, words="no such block"))
    publish()


def make_stream(version: DagVersion, name: str = "main_blocks") -> SyncStream:
    """Of a version that has no stream: rows alone, for who may look at them and hold them back."""
    dag = version.dag
    spec = {
        "entrypoint": "main", "mode": {"kind": "fixed_target", "from_block": 0, "to_block": 1000}, "dataset_key": "blocks",
        "cryo_dataset_name": "blocks", "rpc_pool": "standard", "chunk_size": 1000, "max_inflight": 1, "config": {"chain_id": 1},
    }  # fmt: skip
    job = Job.objects.create(
        version=version, position=99, name=name, operator="cryo_ingest", operator_version="1.0", activation="source",
        runtime="ecs_platform", outputs=1, spec=spec, definition={}, definition_hash="",
    )  # fmt: skip
    live = LiveJob.objects.create(
        id=uuid4(), org_id=dag.org_id, dag=dag, name=name, job=job, generation=uuid4(), operator="cryo_ingest", runtime="ecs_platform",
        lease_seconds=120,
    )  # fmt: skip
    stream = SyncStream.objects.create(org_id=dag.org_id, dag=dag, name=name, generation=live.generation)
    SyncRange.objects.create(stream=stream, start=0, end=999)
    return stream


@dataclass
class Heads:
    """What a gateway would say, of a real node; `silent`: it cannot be asked. `seen_at`: when a provider said so, if not now."""

    node: Node
    silent: bool = False
    seen_at: datetime | None = None
    asked: int = 0

    def head(self, pool: str) -> Seen:
        self.asked += 1
        if self.silent:
            raise Transient(f"no provider of pool {pool} answers")
        block = self.node.block("latest")
        return Seen(int(block["number"], 16), block["hash"], self.seen_at or timezone.now(), None)


@dataclass(frozen=True)
class Seen:
    number: int
    hash: str
    seen_at: datetime
    finalized: int | None


def look(heads: Heads, *, now: datetime | None = None) -> None:
    """As the loop does, when it is time again."""
    SyncStream.objects.filter(look_at__isnull=False).update(look_at=timezone.now())
    services.follow_heads(heads, now=now or timezone.now())
    publish()
