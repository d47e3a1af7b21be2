"""The minting port over STS: what an attempt is given opens its own place in the store, and nothing beside it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from apps.platform import wiring
from apps.platform.config import Config
from apps.platform.errors import NotBuilt, Permanent, Transient
from apps.platform.layout import AttemptPlace
from apps.platform.ports.minting import SHORTEST_SECONDS, Minted
from tests.ports.test_object_sessions import REFUSED, client


@dataclass(frozen=True)
class Attempt:
    """The keys of one attempt, and the places of others."""

    s3: Any
    sts: Any
    bucket: str
    mine: str
    # The next attempt at the same partition, and another partition of the same attempt.
    next_attempt: str
    sibling: str
    read: str


def mint(config: Config, *, read: list[str], write: list[str]) -> Minted:
    return wiring.minter(config).mint(read=read, write=write, seconds=SHORTEST_SECONDS, session=f"{uuid4()}-1")


def keys_of(minted: Minted) -> dict[str, str]:
    return {
        "AccessKeyId": minted.access_key_id, "SecretAccessKey": minted.secret_access_key, "SessionToken": minted.session_token,
    }  # fmt: skip


@pytest.fixture
def attempt(with_buckets: Config) -> Attempt:
    bucket = with_buckets.data_bucket
    place = AttemptPlace(uuid4(), uuid4(), uuid4(), "0-999", uuid4(), 1)
    next_attempt, sibling = replace(place, attempt=2).prefix, replace(place, partition_key="1000-1999").prefix
    read = replace(place, dataset_id=uuid4(), partition_key="täg/1").prefix
    store = wiring.object_store(with_buckets, bucket=bucket)
    for prefix in (place.prefix, next_attempt, sibling, read):
        store.put(f"{prefix}there", b"content")
    minted = mint(with_buckets, read=[f"s3://{bucket}/{read}"], write=[f"s3://{bucket}/{place.prefix}"])
    keys = keys_of(minted)
    return Attempt(
        client(with_buckets, "s3", keys), client(with_buckets, "sts", keys), bucket, place.prefix, next_attempt, sibling, read
    )


def test_an_attempt_works_below_its_own_prefix(attempt: Attempt) -> None:
    attempt.s3.put_object(Bucket=attempt.bucket, Key=f"{attempt.mine}new", Body=b"x")

    assert attempt.s3.get_object(Bucket=attempt.bucket, Key=f"{attempt.mine}there")["Body"].read() == b"content"
    listed = attempt.s3.list_objects_v2(Bucket=attempt.bucket, Prefix=attempt.mine)["Contents"]
    assert {one["Key"] for one in listed} == {f"{attempt.mine}new", f"{attempt.mine}there"}


def test_an_attempt_uploads_in_parts_and_may_give_up(attempt: Attempt) -> None:
    place = {"Bucket": attempt.bucket, "Key": f"{attempt.mine}large"}
    upload = attempt.s3.create_multipart_upload(**place)["UploadId"]
    part = attempt.s3.upload_part(**place, UploadId=upload, PartNumber=1, Body=b"x" * 100)
    assert len(attempt.s3.list_parts(**place, UploadId=upload)["Parts"]) == 1
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    attempt.s3.complete_multipart_upload(**place, UploadId=upload, MultipartUpload=parts)
    other = attempt.s3.create_multipart_upload(**place)["UploadId"]
    attempt.s3.abort_multipart_upload(**place, UploadId=other)

    assert attempt.s3.get_object(**place)["Body"].read() == b"x" * 100


def test_what_it_may_only_read_it_reads(attempt: Attempt) -> None:
    assert attempt.s3.get_object(Bucket=attempt.bucket, Key=f"{attempt.read}there")["Body"].read() == b"content"


REFUSALS = {
    "write what it may read": lambda a: a.s3.put_object(Bucket=a.bucket, Key=f"{a.read}new", Body=b"x"),
    "get of a sibling": lambda a: a.s3.get_object(Bucket=a.bucket, Key=f"{a.sibling}there"),
    "put to a sibling": lambda a: a.s3.put_object(Bucket=a.bucket, Key=f"{a.sibling}new", Body=b"x"),
    "get of the next attempt": lambda a: a.s3.get_object(Bucket=a.bucket, Key=f"{a.next_attempt}there"),
    "put to the next attempt": lambda a: a.s3.put_object(Bucket=a.bucket, Key=f"{a.next_attempt}new", Body=b"x"),
    "parts to the next attempt": lambda a: a.s3.create_multipart_upload(Bucket=a.bucket, Key=f"{a.next_attempt}new"),
    "list of the parent": lambda a: a.s3.list_objects_v2(Bucket=a.bucket, Prefix=a.mine.rstrip("/").rpartition("/")[0] + "/"),
    "list of the bucket": lambda a: a.s3.list_objects_v2(Bucket=a.bucket),
    "list of the next attempt": lambda a: a.s3.list_objects_v2(Bucket=a.bucket, Prefix=a.next_attempt),
    "delete its own": lambda a: a.s3.delete_object(Bucket=a.bucket, Key=f"{a.mine}there"),
    "delete others": lambda a: a.s3.delete_object(Bucket=a.bucket, Key=f"{a.next_attempt}there"),
    "copy of a sibling": lambda a: a.s3.copy_object(
        Bucket=a.bucket, Key=f"{a.mine}stolen", CopySource={"Bucket": a.bucket, "Key": f"{a.sibling}there"}
    ),
    "climb": lambda a: a.s3.get_object(Bucket=a.bucket, Key=f"{a.mine}../../1000_1999/there"),
    "another bucket": lambda a: a.s3.get_object(Bucket="trace-scratch", Key=".ready"),
    "another bucket, the same path": lambda a: a.s3.put_object(Bucket="trace-scratch", Key=f"{a.mine}x", Body=b""),
    "the role anew": lambda a: a.sts.assume_role(RoleArn="arn:aws:iam::000000000000:role/TraceTask", RoleSessionName="wider"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_an_attempt_is_refused_the_rest(attempt: Attempt, name: str, with_buckets: Config) -> None:
    with pytest.raises(ClientError) as refused:
        REFUSALS[name](attempt)

    assert refused.value.response["Error"]["Code"] in REFUSED
    store = wiring.object_store(with_buckets, bucket=attempt.bucket)
    for prefix in (attempt.mine, attempt.next_attempt, attempt.sibling, attempt.read):
        assert store.get(f"{prefix}there") == b"content"


def test_keys_end_and_are_not_shown(with_buckets: Config) -> None:
    minted = mint(with_buckets, read=[], write=["s3://trace-data/mine/"])

    assert timedelta() < minted.expires_at - datetime.now(UTC) < timedelta(hours=1)
    assert minted.secret_access_key not in repr(minted) and minted.session_token not in repr(minted)


def test_a_store_that_is_away_may_come_back_and_keys_of_nobody_will_not_do(with_buckets: Config) -> None:
    with pytest.raises(Transient):
        mint(replace(with_buckets, s3_endpoint="http://127.0.0.1:9"), read=[], write=["s3://trace-data/mine/"])
    with pytest.raises(Permanent):
        mint(replace(with_buckets, s3_secret_key="wrong"), read=[], write=["s3://trace-data/mine/"])


def test_without_a_role_nobody_mints(with_buckets: Config) -> None:
    with pytest.raises(NotBuilt, match="TRACE_S3_ROLE_ARN"):
        wiring.minter(replace(with_buckets, s3_role_arn=""))
