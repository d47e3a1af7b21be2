"""Buffered datasets and batches of tests, through the services that the product uses."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.dags.models import Dag
from apps.datasets import services as datasets
from apps.datasets.domain import Publication, Storage
from apps.datasets.models import Dataset
from apps.dispatch import services as dispatch
from apps.platform import layout, wiring
from apps.platform.contracts import Claimed
from apps.platform.contracts.buffers import BufferPublish, BufferPublished
from apps.platform.tables import Column, Shape
from apps.tables import services
from apps.tables.models import Batch
from tests.apps.dags.makers import activate, deploy
from tests.apps.dispatch.makers import claim_one, fence, job_of, publish
from tests.factories import NOON, Persona, acting

Columns = dict[str, str]
PRICES: Columns = {"symbol": "text", "at": "timestamp", "price": "uint256", "note": "text?"}


def feed(columns: Columns = PRICES, *, unique: Sequence[str] = ("symbol", "at"), indexes: Sequence[Sequence[str]] = (), name: str = "feed", dataset: str = "prices", multi: bool = False) -> str:  # fmt: skip
    """`text?` is a text that may be missing."""
    written = [{"name": one, "type": kind.rstrip("?"), "nullable": kind.endswith("?")} for one, kind in columns.items()]
    schema: dict[str, Any] = {"columns": written}
    schema |= {"unique": list(unique)} if unique else {}
    schema |= {"indexes": [list(one) for one in indexes]} if indexes else {}
    publish_as: dict[str, Any] = {
        "from": {"job": "pull", "output": 0},
        "storage": "postgres",
        "write_mode": "buffered",
        "schema": schema,
    }
    publish_as |= {"multi_writer": True} if multi else {}
    config = {"url": "https://feeds.example.com/prices", "columns": written}
    job = {
        "name": "pull", "activation": "source", "runtime": "ecs_platform", "operator": "http_ingest", "outputs": 1,
        "source": {"kind": "cron", "schedule": "0 * * * *"}, "config": config,
    }  # fmt: skip
    # JSON is YAML.
    return json.dumps({"name": name, "jobs": [job], "publish": {dataset: publish_as}})


def activated(writer: Persona, text: str, *, name: str = "feed") -> Dag:
    """Its tables are wanted, and nothing is made yet."""
    return activate(writer, deploy(writer, text, name=name))


def armed(writer: Persona, text: str, *, name: str = "feed") -> Dag:
    dag = activated(writer, text, name=name)
    publish()
    return dag


def wanted(writer: Persona, columns: Columns) -> None:
    """A table of any types, whatever operator would write it."""
    shape = Shape(tuple(Column(name, kind) for name, kind in columns.items()))
    published = [Publication("prices", Storage.POSTGRES, table=shape)]
    with transaction.atomic():
        datasets.publish(writer.org, "feed", published, owner=writer.person, by=acting(writer), now=NOON)
        services.want_tables(writer.org, published, now=NOON)
    publish()


def dataset_of(writer: Persona, name: str = "prices") -> Dataset:
    return Dataset.objects.get(org=writer.org, name=name)


def running(dag: Dag) -> Claimed:
    """A task of the feed, in a worker's hands."""
    started = dispatch.start_by_hand(job_of(dag, "pull"), block_range=None, request_key=None, made_by=None, now=timezone.now())
    publish()
    return claim_one(started.task_id)


def place(held: Claimed, name: str = "batch-0.jsonl") -> str:
    prefix = layout.scratch_prefix(held.task.org_id, held.task_id, held.attempt)
    return f"s3://{settings.CONFIG.scratch_bucket}/{prefix}{name}"


def saying(held: Claimed, **said: Any) -> BufferPublish:
    good = {"batch_uri": place(held), "content_type": "application/x-ndjson", "batch_size_bytes": 10}
    return BufferPublish(**fence(held), **(good | said))


def hand_over(held: Claimed, **said: Any) -> BufferPublished:
    return dispatch.hand_over_batch(saying(held, **said), bucket=settings.CONFIG.scratch_bucket)


def lines(*rows: Mapping[str, Any]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def price(symbol: str = "ETH", at: int = 0, price: Any = "1000", **more: Any) -> dict[str, Any]:
    return {"symbol": symbol, "at": f"2026-01-15T12:{at // 60:02}:{at % 60:02}Z", "price": price} | more


def send(held: Claimed, body: bytes, name: str = "batch-0.jsonl", **said: Any) -> Batch:
    """Written to scratch and handed over."""
    uri = place(held, name)
    store = wiring.object_store(settings.CONFIG, bucket=settings.CONFIG.scratch_bucket)
    store.put(uri.removeprefix(f"s3://{settings.CONFIG.scratch_bucket}/"), body)
    return Batch.objects.get(pk=hand_over(held, **({"batch_uri": uri, "batch_size_bytes": len(body)} | said)).batch_id)
