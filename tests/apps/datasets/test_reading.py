"""`POST /v1/task/inputs` and the keys to what it lists: what was pinned for the attempt, and nothing beside its version."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from django.test import Client

from apps.datasets.models import Partition, Version
from apps.dispatch import services
from apps.dispatch.models import Pin
from apps.platform.contracts import Claimed, reading
from apps.platform.contracts.reading import INPUTS_PATH, InputsAnswer
from apps.platform.contracts.storing import CREDENTIALS_PATH, CredentialsAnswer
from apps.platform.ports.objects import ObjectStore
from operators.sdk.catalogue import catalogue
from operators.sdk.words import Trust
from tests.apps.datasets.reading import commit, committed, readers
from tests.apps.dispatch.conftest import mints
from tests.apps.dispatch.makers import failed, fence, finish, say
from tests.apps.dispatch.test_internal_plane import post
from tests.apps.pii.makers import make_classified
from tests.factories import Persona

__all__ = ["mints"]
pytestmark = [pytest.mark.django_db, pytest.mark.urls("traceweb.urls.internal"), pytest.mark.usefixtures("mints")]


def ask(client: Client, held: Claimed, path: str = INPUTS_PATH, **said: Any) -> Any:
    who = {name: value if name == "attempt" else str(value) for name, value in fence(held).items()}
    return post(client, path, who | said, token=held.capability_token)


def listed(client: Client, held: Claimed, **said: Any) -> InputsAnswer:
    answer = ask(client, held, input=0, **said)
    assert answer.status_code == 200, answer.content
    return InputsAnswer.model_validate_json(answer.content)


def keys(client: Client, held: Claimed, *, version: Any = None, number: int = 0) -> Any:
    wanted = version or held.task.inputs[0].versions[0].dataset_version
    return ask(client, held, CREDENTIALS_PATH, reads={"input": number, "dataset_version": str(wanted)})


def store_of(answer: Any) -> Any:
    given = CredentialsAnswer.model_validate_json(answer.content)
    return boto3.client(
        "s3", endpoint_url=given.endpoint, region_name=given.region, aws_access_key_id=given.access_key_id,
        aws_secret_access_key=given.secret_access_key, aws_session_token=given.session_token,
    )  # fmt: skip


class TestTheList:
    def test_tells_of_each_file_what_its_manifest_said(self, client: Client, writer: Persona, data_bucket: ObjectStore) -> None:
        (held,) = readers(committed(writer, data_bucket, ranges=(0, 9)))

        (told,) = listed(client, held).partitions

        made = Partition.objects.get()
        assert (told.key, told.start, told.end, told.number, told.rows) == ("0-9", 0, 9, 1, 10)
        assert (told.key_min, told.key_max, told.manifest_sha256) == (0, 9, made.manifest_sha256)
        assert told.prefix == f"s3://trace-data/{made.prefix}"
        (file,) = told.files
        assert len(data_bucket.get(made.prefix + file.name)) == file.size_bytes

    def test_comes_in_pages_in_the_order_of_ranges(
        self, client: Client, writer: Persona, data_bucket: ObjectStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (held,) = readers(committed(writer, data_bucket, ranges=(0, 119), strategy="Bulk"))
        monkeypatch.setattr(services.reading, "MOST_LISTED", 5)

        pages = [listed(client, held)]
        while pages[-1].next:
            pages.append(listed(client, held, after=str(pages[-1].next)))

        assert [len(page.partitions) for page in pages] == [5, 5, 2]
        assert [one.start for page in pages for one in page.partitions] == list(range(0, 120, 10))

    def test_is_of_the_attempt_that_asks(self, client: Client, writer: Persona, data_bucket: ObjectStore) -> None:
        dag = committed(writer, data_bucket, ranges=(0, 9))
        (held,) = readers(dag)
        say(held, failed(held))

        answer = ask(client, held, input=0)

        assert (answer.status_code, answer.json()["code"]) == (409, "stale_fence")

    def test_still_tells_of_what_was_superseded(self, client: Client, writer: Persona, data_bucket: ObjectStore) -> None:
        dag = committed(writer, data_bucket, ranges=(0, 9))
        (held,) = readers(dag)
        commit(dag, data_bucket, (0, 9))

        (told,) = listed(client, held).partitions

        assert told.number == 1
        found = store_of(keys(client, held)).get_object(Bucket="trace-data", Key=_path(told) + told.files[0].name)
        assert len(found["Body"].read()) == told.files[0].size_bytes

    def test_of_an_input_that_reads_nothing_is_empty(self, client: Client, writer: Persona, data_bucket: ObjectStore) -> None:
        (held,) = readers(committed(writer, data_bucket, ranges=(0, 9)))

        assert InputsAnswer.model_validate_json(ask(client, held, input=3).content).partitions == []

    def test_says_what_to_do_where_the_history_was_purged(
        self, client: Client, writer: Persona, data_bucket: ObjectStore
    ) -> None:
        (held,) = readers(committed(writer, data_bucket, ranges=(0, 9)))
        Partition.objects.all().delete()

        answer = ask(client, held, input=0)

        assert (answer.status_code, answer.json()["code"]) == (422, "pin_purged")


class TestKeys:
    def test_open_what_is_pinned_and_not_its_neighbour(self, client: Client, writer: Persona, data_bucket: ObjectStore) -> None:
        first, second = readers(committed(writer, data_bucket, ranges=(0, 19)))
        (mine,), (theirs,) = listed(client, first).partitions, listed(client, second).partitions

        store = store_of(keys(client, first))

        store.get_object(Bucket="trace-data", Key=_path(mine) + mine.files[0].name)
        for call in (store.get_object, store.head_object):
            with pytest.raises(ClientError):
                call(Bucket="trace-data", Key=_path(theirs) + theirs.files[0].name)

    def test_write_nothing(self, client: Client, writer: Persona, data_bucket: ObjectStore) -> None:
        (held,) = readers(committed(writer, data_bucket, ranges=(0, 9)))
        (mine,) = listed(client, held).partitions
        store, key = store_of(keys(client, held)), _path(mine) + mine.files[0].name

        with pytest.raises(ClientError, match="AccessDenied"):
            store.put_object(Bucket="trace-data", Key=key, Body=b"x")
        with pytest.raises(ClientError, match="AccessDenied"):
            store.delete_object(Bucket="trace-data", Key=key)

    def test_of_many_open_the_version_and_not_another(self, client: Client, writer: Persona, data_bucket: ObjectStore) -> None:
        dag = committed(writer, data_bucket, ranges=(0, 49), strategy="Bulk")
        (held,) = readers(dag)
        told = listed(client, held).partitions
        other = f"{Version.objects.get(partitions__gt=0).output.org_id}/datasets/x/y/0_9/a"
        data_bucket.put(other, b"x")

        store = store_of(keys(client, held))

        for one in told:
            store.get_object(Bucket="trace-data", Key=_path(one) + one.files[0].name)
        with pytest.raises(ClientError, match="AccessDenied"):
            store.get_object(Bucket="trace-data", Key=other)

    def test_of_what_is_not_pinned_are_not_made(self, client: Client, writer: Persona, data_bucket: ObjectStore) -> None:
        (held,) = readers(committed(writer, data_bucket, ranges=(0, 9)))
        foreign = Version.objects.filter(partitions=0).values_list("pk", flat=True).first() or Pin.objects.get().task_id

        for answer in (keys(client, held, version=foreign), keys(client, held, number=1)):
            assert (answer.status_code, answer.json()["code"]) == (422, "not_pinned")

    def test_of_an_attempt_that_is_over_are_not_made(self, client: Client, writer: Persona, data_bucket: ObjectStore) -> None:
        (held,) = readers(committed(writer, data_bucket, ranges=(0, 9)))
        finish(held)

        assert keys(client, held).status_code == 409


class TestNobodyElse:
    def test_code_of_users_gets_neither_list_nor_keys(self, client: Client, writer: Persona, data_bucket: ObjectStore) -> None:
        dag = committed(writer, data_bucket, ranges=(0, 9))
        declared = catalogue().operators["noop"]
        trust = declared.trust
        object.__setattr__(declared, "trust", Trust.UNTRUSTED)
        try:
            (held,) = readers(dag)
            refused = [ask(client, held, input=0), keys(client, held)]
        finally:
            object.__setattr__(declared, "trust", trust)

        assert [(one.status_code, one.json()["code"]) for one in refused] == [(403, "untrusted")] * 2

    def test_personal_data_is_not_handed_out_as_files(self, client: Client, writer: Persona, data_bucket: ObjectStore) -> None:
        (held,) = readers(committed(writer, data_bucket, ranges=(0, 9)))
        assert keys(client, held).status_code == 200

        make_classified(writer.org, "value", dataset="kept_blocks")

        for answer in (ask(client, held, input=0), keys(client, held)):
            assert (answer.status_code, answer.json()["code"]) == (403, "pii_input")
            assert "kept_blocks" in answer.json()["message"]


def _path(told: reading.PinnedPartition) -> str:
    return told.prefix.removeprefix("s3://trace-data/")
