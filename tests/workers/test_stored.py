"""What real children write to the real store: below their own attempt's place, told with the completion, or not there at all."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pyarrow.parquet as pq
import pytest

from apps.platform import contracts as c
from apps.platform import layout
from apps.platform.contracts import storing
from apps.platform.ports.objects import ObjectStore
from operators.demo_blocks.declaration import DECLARATION
from operators.sdk.manifest import Manifest
from tests.workers.plane import DATASET, VERSION, Task
from tests.workers.working import Working, working

SLOT = c.OutputSlot(output=0, dataset_uuid=DATASET, dataset_version=VERSION, name="blocks", storage="s3")
MEMORY_MB = DECLARATION.resources.memory_mb


@pytest.fixture(scope="module")
def store(data_bucket: ObjectStore) -> ObjectStore:
    return data_bucket


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory, store: ObjectStore) -> Iterator[Working]:
    with working(tmp_path_factory.mktemp("worker")) as here:
        here.start()
        yield here


def add(here: Working, operator: str = "demo_blocks", config: dict[str, Any] | None = None, **order: Any) -> Task:
    told: dict[str, Any] = {"outputs": [SLOT], "memory_mb": MEMORY_MB} | order
    return here.plane.add(operator, config, **told)


def blocks(here: Working, start: int, end: int, **order: Any) -> Task:
    event = c.EventSeen(output=0, start=start, end=end)
    return add(here, arrived=[c.ArrivedEvent(input=0, event=event)], **order)


def names(store: ObjectStore, prefix: str) -> set[str]:
    return {one.key.removeprefix(prefix) for one in store.list(prefix)}


def test_a_partition_lies_whole_at_the_attempts_place_and_the_completion_names_it(here: Working, store: ObjectStore) -> None:
    task = blocks(here, 0, 299_999)
    here.run(task)

    assert task.completion and task.completion.status == "Completed", task.completion
    prefix = task.place("0-299999")
    assert names(store, prefix) == {"blocks_0_299999.parquet", layout.MANIFEST, layout.SUCCESS}
    body = store.get(prefix + layout.MANIFEST)
    (published,) = task.completion.datasets_published
    assert published == storing.PublishedPartition(
        dataset_uuid=DATASET, dataset_version=VERSION, start=0, end=299_999, manifest_sha256=hashlib.sha256(body).hexdigest()
    )
    manifest = Manifest.parse(body)
    assert (manifest.task_id, manifest.attempt, manifest.rows) == (str(task.id), 1, 300_000)
    assert (UUID(manifest.dataset_uuid), UUID(manifest.dataset_version)) == (DATASET, VERSION)
    (file,) = manifest.files
    content = store.get(prefix + file.name)
    assert (len(content), hashlib.sha256(content).hexdigest()) == (file.size_bytes, file.sha256)
    assert pq.ParquetFile(io.BytesIO(content)).read(columns=["block_number"])["block_number"].to_pylist() == list(range(300_000))
    assert task.events == []


def test_another_attempt_at_the_same_range_makes_the_same_bytes_elsewhere(here: Working, store: ObjectStore) -> None:
    first, second = blocks(here, 5, 5_000), blocks(here, 5, 5_000)
    here.run(first, second)

    one, two = (Manifest.parse(store.get(task.place("5-5000") + layout.MANIFEST)) for task in (first, second))
    assert one.files == two.files and one.task_id != two.task_id


def test_an_attempt_that_dies_between_files_leaves_no_mark_and_the_next_writes_it_all(here: Working, store: ObjectStore) -> None:
    task = add(here, "misbehave", {"how": "die_between_files"})
    here.run(task)
    assert task.error.type == "ChildDied"
    task.status, task.completion = "Queued", None
    here.run(task)

    assert task.status == "Completed", task.completion
    left, whole = (names(store, task.place("0-299999", attempt=number)) for number in (1, 2))
    assert not {layout.MANIFEST, layout.SUCCESS} & left
    assert {layout.MANIFEST, layout.SUCCESS} < whole
    assert Manifest.parse(store.get(task.place("0-299999", attempt=2) + layout.MANIFEST)).rows == 300_000


def test_a_key_that_no_path_takes_has_a_place_of_its_own(here: Working, store: ObjectStore) -> None:
    task = add(here, "misbehave", {"how": "write_a_key"})
    here.run(task)

    assert task.completion and [one.partition_key for one in task.completion.datasets_published] == ["täg/1"]
    assert names(store, task.place("täg/1")) == {"blocks.parquet", layout.MANIFEST, layout.SUCCESS}


def test_a_store_that_is_away_fails_the_attempt_and_not_the_task(here: Working) -> None:
    here.plane.store_endpoint = "http://127.0.0.1:9"
    try:
        task = blocks(here, 0, 9)
        here.run(task)
    finally:
        here.plane.store_endpoint = ""

    assert (task.error.type, task.error.retryable) == ("Retry", True)
    assert "object store" in task.error.message


def test_keys_that_are_not_to_be_had_at_once_are_asked_for_again(here: Working) -> None:
    here.plane.faults[storing.CREDENTIALS_PATH] = [503, 502]
    task = blocks(here, 0, 9)
    here.run(task)

    assert task.status == "Completed"


def test_a_place_that_the_platform_refuses_ends_the_task_in_its_words(here: Working) -> None:
    here.plane.faults[storing.CREDENTIALS_PATH] = [422]
    task = blocks(here, 0, 9)
    here.run(task)

    assert (task.error.type, task.error.retryable) == ("bad_configuration", False)
    assert "422" in task.error.message


def test_an_output_of_events_alone_is_not_written(here: Working) -> None:
    task = blocks(here, 0, 9, outputs=[SLOT.model_copy(update={"storage": None})])
    here.run(task)

    assert (task.error.type, task.error.retryable) == ("bad_configuration", False)
    assert "storage: s3" in task.error.message


def test_keys_are_in_no_log(here: Working) -> None:
    task = blocks(here, 0, 9)
    here.run(task)

    assert task.status == "Completed"
    said = here.log + "\n".join(task.text)
    assert "secret_access_key" not in said and "session_token" not in said


def test_a_store_needs_no_more_memory_than_its_operator_declares(here: Working) -> None:
    task = blocks(here, 0, 1_999_999)
    here.run(task)

    assert task.completion and task.status == "Completed", task.completion
    assert task.completion.metrics["trace.memory_mb"] < MEMORY_MB
