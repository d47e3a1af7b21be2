"""What real children read from the real store: what was pinned, page by page, with keys that only read; and what they say of it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pyarrow.parquet as pq
import pytest

from apps.platform import contracts as c
from apps.platform import layout, wiring
from apps.platform.config import Config
from apps.platform.contracts import reading, storing
from apps.platform.ports.objects import ObjectStore
from operators.demo_totals.declaration import DECLARATION
from operators.sdk.manifest import Manifest
from operators.sdk.reading import KeptPartition, Pinned
from tests.workers.plane import DATASET, VERSION, Task
from tests.workers.test_stored import blocks
from tests.workers.working import Working, working
from workers.child import inputs
from workers.supervisor.servers.seaweedfs import ROLE_ARN

TOTALS = c.OutputSlot(output=0, dataset_uuid=DATASET, dataset_version=VERSION, name="totals", storage="s3")


@pytest.fixture(scope="module")
def store(data_bucket: ObjectStore) -> ObjectStore:
    return data_bucket


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory, store: ObjectStore) -> Iterator[Working]:
    with working(tmp_path_factory.mktemp("worker")) as here:
        here.start()
        yield here


def kept(here: Working, store: ObjectStore, start: int, end: int) -> reading.PinnedPartition:
    """Blocks that a task wrote, as the platform would pin them."""
    task = blocks(here, start, end)
    here.run(task)
    key = f"{start}-{end}"
    prefix = task.place(key)
    body = store.get(prefix + layout.MANIFEST)
    manifest = Manifest.parse(body)
    assert task.completion
    return reading.PinnedPartition(
        pin=uuid4(), dataset_version=VERSION, key=key, number=1, start=start, end=end, rows=manifest.rows,
        size_bytes=manifest.size_bytes, prefix=f"s3://trace-data/{prefix}",
        manifest_sha256=task.completion.datasets_published[0].manifest_sha256, key_min=start, key_max=end,
        files=[reading.PinnedFile(name=f.name, size_bytes=f.size_bytes, sha256=f.sha256, rows=f.rows) for f in manifest.files],
    )  # fmt: skip


def totals(here: Working, *pinned: reading.PinnedPartition, **order: Any) -> Task:
    told: dict[str, Any] = {
        "outputs": [TOTALS],
        "inputs": [reading.PinnedInput(input=0, name="blocks[0]")],
        "memory_mb": DECLARATION.resources.memory_mb,
    }
    task = here.plane.add("demo_totals", {"bucket": 1_000}, **(told | order))
    task.pinned = list(pinned)
    return task


def test_what_is_pinned_is_read_and_told(here: Working, store: ObjectStore) -> None:
    pinned = [kept(here, store, start, start + 1_999) for start in (0, 2_000, 4_000)]
    task = totals(here, *pinned)
    here.run(task)

    assert task.status == "Completed", task.completion
    assert task.completion
    assert {one.pin: one.rows for one in task.completion.read} == {one.pin: 2_000 for one in pinned}
    assert all(one.size_bytes > 1_000 for one in task.completion.read)
    made = pq.read_table(io.BytesIO(store.get(task.place("0-5999") + "totals_0_5999.parquet")))
    assert made.column("blocks").to_pylist() == [1_000] * 6


def test_a_file_that_is_not_what_was_pinned_fails_the_attempt_and_not_the_task(here: Working, store: ObjectStore) -> None:
    pinned = kept(here, store, 10_000, 10_999)
    key = pinned.prefix.removeprefix("s3://trace-data/") + pinned.files[0].name
    store.put(key, store.get(key)[::-1])
    task = totals(here, pinned)
    here.run(task)

    assert (task.error.type, task.error.retryable) == ("Differs", True)
    assert "not what was pinned" in task.error.message


def test_a_list_that_is_not_to_be_had_at_once_is_asked_for_again(here: Working, store: ObjectStore) -> None:
    here.plane.faults[reading.INPUTS_PATH] = [503, 502]
    task = totals(here, kept(here, store, 20_000, 20_999))
    here.run(task)

    assert task.status == "Completed"


@pytest.mark.parametrize("path", [reading.INPUTS_PATH, storing.CREDENTIALS_PATH])
def test_what_the_platform_refuses_ends_the_task_in_its_words(here: Working, store: ObjectStore, path: str) -> None:
    pinned = kept(here, store, 30_000, 30_999)
    here.plane.faults[path] = [403]
    task = totals(here, pinned)
    here.run(task)

    assert (task.error.type, task.error.retryable) == ("bad_configuration", False)
    assert "403" in task.error.message


def test_an_input_of_events_alone_is_not_read(here: Working) -> None:
    task = totals(here, inputs=[])
    here.run(task)

    assert (task.error.type, task.error.retryable) == ("bad_configuration", False)
    assert "Input 0 is not kept as Parquet" in task.error.message


class Asked:
    """Answers as the platform does, with real keys, and counts them."""

    def __init__(self, prefix: str) -> None:
        self.prefix, self.minted = prefix, 0

    def ask(self, question: dict[str, Any]) -> dict[str, Any]:
        assert list(question) == ["credentials"]
        self.minted += 1
        config = replace(Config.from_env(), s3_role_arn=ROLE_ARN)
        keys = wiring.minter(config).mint(read=[self.prefix], write=[], seconds=900, session=f"read-{self.minted}")
        return {"keys": {
            "endpoint": config.s3_endpoint, "region": config.aws_region, "access_key_id": keys.access_key_id,
            "secret_access_key": keys.secret_access_key, "session_token": keys.session_token,
        }}  # fmt: skip


def test_keys_that_grow_old_in_the_middle_of_a_file_are_changed_for_others(
    here: Working, store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    pinned = kept(here, store, 0, 299_999)
    asked = Asked(pinned.prefix)
    # Each is too old for the next look.
    monkeypatch.setattr(inputs, "KEYS_SECONDS", -1.0)
    opening = inputs.MintedReads(asked, 0, str(VERSION))  # type: ignore[arg-type]
    partition = KeptPartition(Pinned.read(pinned.model_dump(mode="json")), opening)

    found = [one for batch in partition.batches(["block_number"]) for one in batch.column(0).to_pylist()]

    assert found == list(range(300_000))
    assert asked.minted > 2
