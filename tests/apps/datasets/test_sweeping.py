"""What nobody committed goes when it is old. Whatever happened, nothing that is committed does, nor what may yet be."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.utils import timezone

from apps.dags.models import Dag
from apps.datasets.models import Partition
from apps.dispatch import services as dispatch
from apps.dispatch.domain import Outcome, Status
from apps.dispatch.models import Attempt as Tried
from apps.dispatch.models import Sweep, Task
from apps.platform import wiring
from apps.platform.contracts import Claimed, CompletionAnswer
from apps.platform.drivers.s3 import S3Store
from apps.platform.errors import Permanent
from apps.platform.layout import folder_of, repair_key, scratch_prefix
from apps.platform.ports.objects import ObjectStore
from apps.tables.models import Batch
from tests.apps.console.catalog.makers import make_batch, make_dataset
from tests.apps.datasets.makers import begin, completing, parquet_dag, whole
from tests.apps.dispatch.makers import claim, failed, publish, say, tasks_of
from tests.factories import Persona

pytestmark = pytest.mark.django_db


@pytest.fixture
def scratch_bucket(data_bucket: ObjectStore) -> ObjectStore:
    return wiring.object_store(settings.CONFIG, bucket=settings.CONFIG.scratch_bucket)


BELOW: list[str] = []


@pytest.fixture(autouse=True)
def own(writer: Persona) -> None:
    """The buckets are those of all processes of the tests, and what another one has written is unknown to this one's database."""
    BELOW[:] = [f"{writer.org.pk}/"]


def later(days: int = 8, **how: int) -> dispatch.Swept:
    """A sweep on a day when all that is there now is that old."""
    return dispatch.sweep(keep_days=7, now=timezone.now() + timedelta(days=days), below=BELOW[0], **how)


def begun(writer: Persona, data_bucket: ObjectStore) -> tuple[Dag, list[Claimed]]:
    return begin(writer, parquet_dag(), ranges=(0, 29))


def keys_of(store: ObjectStore, claimed: Claimed) -> list[str]:
    return [found.key for found in store.list(f"{claimed.task.org_id}/") if str(claimed.task_id) in found.key]


def test_what_an_attempt_wrote_that_failed_goes_when_it_is_old(writer: Persona, data_bucket: ObjectStore) -> None:
    _, (one, *_) = begun(writer, data_bucket)
    whole(one, data_bucket)
    say(one, failed(one, retryable=False))

    later(days=6)
    assert len(keys_of(data_bucket, one)) == 3
    swept = later()

    assert keys_of(data_bucket, one) == [] and swept.objects >= 3 and swept.size_bytes > 0


def test_what_is_committed_stays_also_where_it_was_superseded(writer: Persona, data_bucket: ObjectStore) -> None:
    _, (one, *_) = begun(writer, data_bucket)
    say(one, completing(one, whole(one, data_bucket)))
    (again,) = dispatch.rerun_tasks([one.task_id], alone=False, made_by=None)
    (held,) = claim(again.id)
    say(held, completing(held, whole(held, data_bucket)))

    later()

    assert [len(keys_of(data_bucket, claimed)) for claimed in (one, held)] == [3, 3]


def test_what_is_written_at_this_moment_stays(writer: Persona, data_bucket: ObjectStore) -> None:
    _, (one, *_) = begun(writer, data_bucket)
    said = whole(one, data_bucket)

    later()

    assert isinstance(say(one, completing(one, said)), CompletionAnswer)


def test_what_may_come_late_stays(writer: Persona, data_bucket: ObjectStore) -> None:
    """Its lease ran out, and no other attempt was claimed: it is accepted whenever it comes."""
    _, (one, *_) = begun(writer, data_bucket)
    whole(one, data_bucket)
    Task.objects.filter(pk=one.task_id).update(status=Status.FAILED, next_retry_at=None)
    Tried.objects.filter(task_id=one.task_id).update(outcome=Outcome.LEASE_EXPIRED)

    later()

    assert len(keys_of(data_bucket, one)) == 3


def test_an_attempt_that_another_followed_leaves_nothing(writer: Persona, data_bucket: ObjectStore) -> None:
    _, (one, *_) = begun(writer, data_bucket)
    whole(one, data_bucket)
    say(one, failed(one))
    dispatch.retry_tasks([one.task_id])
    (second,) = claim(one.task_id)
    whole(second, data_bucket)

    later()

    assert {folder_of(key).attempt for key in keys_of(data_bucket, one)} == {2}  # type: ignore[union-attr]


def test_scratch_goes_but_not_what_waits_for_its_table(writer: Persona, scratch_bucket: ObjectStore) -> None:
    gone, dead = uuid4(), make_batch(make_dataset(writer.org, "trades"), state="dead")
    for task_id in (gone, dead.task_id):
        scratch_bucket.put(scratch_prefix(writer.org.pk, task_id, 1) + "rows.jsonl", b"{}")

    later()

    left = [found.key for found in scratch_bucket.list(f"{writer.org.pk}/scratch/")]
    assert left == [scratch_prefix(writer.org.pk, dead.task_id, 1) + "rows.jsonl"]


def test_rows_that_were_put_right_go_once_they_are_written(writer: Persona, scratch_bucket: ObjectStore) -> None:
    """Also those that nobody came to name: another had put the letter right before."""
    letter = make_batch(make_dataset(writer.org, "trades"), state="replaced")
    made = make_batch(letter.dataset, state="waiting")
    Batch.objects.filter(pk=made.pk).update(source=letter)
    kept, lost = (repair_key(writer.org.pk, letter_id, uuid4()) for letter_id in (letter.pk, uuid4()))
    for key in (kept, lost):
        scratch_bucket.put(key, b"{}")

    later()
    assert [found.key for found in scratch_bucket.list(f"{writer.org.pk}/scratch/")] == [kept]
    Batch.objects.filter(pk=made.pk).update(state="written")
    later()

    assert list(scratch_bucket.list(f"{writer.org.pk}/scratch/")) == []


@pytest.mark.parametrize(
    "key",
    [
        "{org}/udf/bundle.zip", "{org}/results/{id}/part.parquet", "{org}/datasets/{id}/{id}/0_9/{id}-0/x", "{org}/datasets/{id}/{id}/0_9/x",
        "{org}/datasets/{id}/{id}/0_9/{id}-x/x", "{org}/scratch/repairs/{id}/rows.jsonl", "elsewhere/x",
    ],
)  # fmt: skip
def test_what_no_attempt_wrote_is_left_alone(writer: Persona, data_bucket: ObjectStore, key: str) -> None:
    key = key.format(org=writer.org.pk, id=uuid4())
    data_bucket.put(key, b"x")

    later()

    assert data_bucket.get(key) == b"x"


def test_a_key_that_no_code_of_ours_would_write_goes_with_the_rest(writer: Persona, data_bucket: ObjectStore) -> None:
    """Keys to a folder take any name: a marker of a folder, or a path that another server reads otherwise."""
    prefix = scratch_prefix(writer.org.pk, uuid4(), 1)
    assert isinstance(data_bucket, S3Store)
    for name in ("rows.jsonl", "made/", "a//b", "later.jsonl"):
        data_bucket._client.put_object(Bucket=settings.CONFIG.data_bucket, Key=prefix + name, Body=b"")
    assert prefix + "made/" in [found.key for found in data_bucket.list(prefix)]

    later()

    assert [found.key for found in data_bucket.list(prefix)] == []


def test_what_cannot_be_deleted_stops_nothing(
    writer: Persona, data_bucket: ObjectStore, scratch_bucket: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the sweep of its own bucket nor that of the next."""
    places = [scratch_prefix(writer.org.pk, uuid4(), 1) + "rows.jsonl" for _ in range(2)]
    for store, key in zip((data_bucket, scratch_bucket), places, strict=True):
        store.put(key, b"{}")
    delete = S3Store.delete

    def refusing(store: S3Store, keys: Sequence[str]) -> None:
        if places[0] in keys:
            raise Permanent("AccessDenied")
        delete(store, keys)

    monkeypatch.setattr(S3Store, "delete", refusing)

    later()

    assert data_bucket.get(places[0]) and [found.key for found in scratch_bucket.list(places[1])] == []
    assert Sweep.objects.get(bucket=settings.CONFIG.data_bucket).ended_at


def test_a_sweep_goes_on_where_the_one_before_ended(writer: Persona, data_bucket: ObjectStore) -> None:
    _, claimed = begun(writer, data_bucket)
    for one in claimed:
        whole(one, data_bucket)
        say(one, failed(one, retryable=False))
    Sweep.objects.all().delete()

    later(most=4)
    assert Sweep.objects.get(bucket=settings.CONFIG.data_bucket).after
    for _ in range(len(list(data_bucket.list(BELOW[0]))) // 4 + 2):
        later(most=4)

    assert [key for one in claimed for key in keys_of(data_bucket, one)] == []


@pytest.mark.parametrize("seed", range(4))
def test_whatever_happened_nothing_that_is_committed_goes(writer: Persona, data_bucket: ObjectStore, seed: int) -> None:
    """Attempts end in every way, in any order, with sweeps in between."""
    chance = random.Random(seed)
    dag, open_ = begin(writer, parquet_dag(chunk=2), ranges=(0, 19))
    for _ in range(40):
        if not open_:
            open_ = _anew(dag, chance)
        one = open_.pop(chance.randrange(len(open_)))
        said = whole(one, data_bucket)
        if chance.random() < 0.3:
            later()
        if chance.random() < 0.5:
            say(one, completing(one, said))
        else:
            say(one, failed(one, retryable=chance.random() < 0.5))
        publish()
        if chance.random() < 0.3:
            later()

    later()

    for piece in Partition.objects.all():
        assert {file["name"] for file in piece.files} <= {
            found.key.removeprefix(piece.prefix) for found in data_bucket.list(piece.prefix)
        }
    kept = set(Partition.objects.values_list("prefix", flat=True))
    running = {str(one.task_id) for one in open_}
    left = {folder_of(found.key) for found in data_bucket.list(f"{writer.org.pk}/datasets/")}
    assert all(one is None or one.prefix in kept or str(one.task_id) in running or _is_open(one.task_id) for one in left)


def _anew(dag: Dag, chance: random.Random) -> list[Claimed]:
    over = [task for task in tasks_of(dag, "leaf") if task.status in {Status.COMPLETED, Status.FAILED}]
    some = chance.sample(over, min(4, len(over)))
    dispatch.retry_tasks([task.pk for task in some if task.status == Status.FAILED])
    dispatch.rerun_tasks([task.pk for task in some if task.status == Status.COMPLETED], alone=False, made_by=None)
    return claim(*[task.pk for task in tasks_of(dag, "leaf") if task.status == Status.QUEUED])


def _is_open(task_id: UUID) -> bool:
    return Task.objects.filter(pk=task_id).unfinished().exists()
