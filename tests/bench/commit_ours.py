"""Attempts that wrote a partition each, and what becomes of them. Its models can be imported only once Django is set up."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, cast

from django.conf import settings
from django.test import override_settings
from django.utils import timezone

from apps.datasets.models import Partition
from apps.datasets.stores import data_store
from apps.dispatch import capabilities, services
from apps.dispatch.models import Event
from apps.dispatch.services import Said
from apps.dispatch.services.publishing import verify
from apps.platform import wiring
from apps.platform.contracts import Claimed, CompletionAnswer
from apps.platform.layout import MANIFEST
from apps.platform.ports.objects import ObjectStore
from operators.demo_blocks.chain import blocks
from operators.demo_blocks.config import DemoBlocksConfig
from operators.sdk.manifest import Manifest
from tests.apps.datasets.makers import Attempt, completing, key_of, split
from tests.apps.dispatch.makers import arm, claim, job_of, publish, start, tasks_of
from tests.documents import chunked, reactive
from tests.factories import make_org, make_persona

if TYPE_CHECKING:
    from apps.dags.models import Dag

BLOCKS = 1_000
_DAG = chunked("bench-commit", reactive("blocks", "demo_blocks"), chunk=BLOCKS, publish={"bench_blocks": "blocks"})


@dataclass
class Kept:
    """What an attempt puts, for later."""

    objects: dict[str, bytes] = field(default_factory=dict)

    def put(self, key: str, body: bytes) -> str:
        self.objects[key] = body
        return ""


@dataclass(frozen=True)
class Written:
    said: Said
    objects: dict[str, bytes]

    @property
    def manifest(self) -> Manifest:
        return Manifest.parse(next(body for key, body in self.objects.items() if key.endswith(MANIFEST)))


class Ours:
    def __init__(self, keys: Path) -> None:
        self._settings = override_settings(
            CONFIG=dataclasses.replace(settings.CONFIG, signing_key_dir=keys / "keys", vault_key_file=keys / "vault.json")
        )
        self._settings.enable()
        wiring.prepare_keys(settings.CONFIG)
        wiring.prepare_queue(settings.CONFIG)
        self._store = data_store()
        self._dag: Dag = arm(make_persona("writer", org=make_org()), _DAG, name="bench-commit")

    def close(self) -> None:
        self._settings.disable()

    def written(self, count: int, number: int) -> list[Written]:
        """Of the next blocks, by tasks that run; in the store is nothing yet."""
        first = number * count * BLOCKS
        start(self._dag, block_range=(first, first + count * BLOCKS - 1))
        split(self._dag)
        return [_written(claimed) for claimed in self._claimed(count)]

    def put(self, partitions: Sequence[Written]) -> None:
        for one in partitions:
            for key, body in one.objects.items():
                self._store.put(key, body)

    def look(self, partitions: Sequence[Written]) -> None:
        verify((one.said.completion, one.said.capability) for one in partitions)

    def complete(self, partitions: Sequence[Written]) -> None:
        answers = services.complete([one.said for one in partitions])
        refused = [answer for answer in answers if not isinstance(answer, CompletionAnswer)]
        assert not refused, refused[0]

    def expect(self, partitions: int) -> None:
        publish()
        assert Partition.objects.count() == partitions
        assert Event.objects.filter(job_id=job_of(self._dag, "blocks").pk).count() == partitions

    def _claimed(self, count: int) -> list[Claimed]:
        """As the valve lets them through: with each claim more."""
        claimed: list[Claimed] = []
        while len(claimed) < count:
            publish()
            claimed += claim(*[task.pk for task in tasks_of(self._dag, "blocks") if task.status == "queued" and task.handed_at])
        return claimed


def _written(claimed: Claimed) -> Written:
    kept, key = Kept(), key_of(claimed)
    low, high = map(int, key.split("-"))
    published = Attempt(claimed, cast("ObjectStore", kept), key).write(blocks(DemoBlocksConfig(), low, high))
    capability = capabilities.read(claimed.capability_token, now=timezone.now())
    return Written(Said(completing(claimed, published), capability), kept.objects)
