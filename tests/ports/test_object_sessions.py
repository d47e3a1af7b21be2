"""The embedded object store holds a session to the prefixes of its policy, as S3 would: what tasks will rely on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.config import Config as ClientConfig
from botocore.exceptions import ClientError

from apps.platform import wiring
from apps.platform.config import Config
from tests.factories import unique

# `InvalidRequest` is how SeaweedFS answers a key that climbs.
REFUSED = {"AccessDenied", "403", "AccessDeniedException", "InvalidRequest"}


@dataclass(frozen=True)
class Session:
    """A task's view of the store: it may read and write below `mine`, and nothing else."""

    s3: Any
    sts: Any
    bucket: str
    mine: str
    others: str


def client(config: Config, service: str, keys: dict[str, str] | None = None) -> Any:
    keys = keys or {"AccessKeyId": config.s3_access_key, "SecretAccessKey": config.s3_secret_key, "SessionToken": ""}
    # A refusal is an answer and never asked again; a store that is busy or restarting (5xx) has not answered yet.
    settings = ClientConfig(
        retries={"total_max_attempts": 4, "mode": "standard"}, signature_version="s3v4" if service == "s3" else None
    )
    make: Any = boto3.client  # its overloads want a literal name
    return make(
        service, endpoint_url=config.s3_endpoint, region_name=config.aws_region, config=settings,
        aws_access_key_id=keys["AccessKeyId"], aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"] or None,
    )  # fmt: skip


@pytest.fixture
def session(with_buckets: Config) -> Session:
    bucket, root = with_buckets.data_bucket, unique("sessions")
    mine, others = f"{root}/mine/", f"{root}/others/"
    store = wiring.object_store(with_buckets, bucket=bucket)
    for prefix in (mine, others):
        store.put(prefix + "there", b"content")
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": [f"arn:aws:s3:::{bucket}/{mine}*"]},
            {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": f"arn:aws:s3:::{bucket}",
             "Condition": {"StringLike": {"s3:prefix": [mine + "*"]}}},
        ],
    }  # fmt: skip
    keys = client(with_buckets, "sts").assume_role(
        RoleArn=with_buckets.s3_role_arn, RoleSessionName="test", Policy=json.dumps(policy), DurationSeconds=900
    )["Credentials"]
    return Session(client(with_buckets, "s3", keys), client(with_buckets, "sts", keys), bucket, mine, others)


def test_a_session_works_below_its_prefix(session: Session) -> None:
    session.s3.put_object(Bucket=session.bucket, Key=session.mine + "new", Body=b"x")

    assert session.s3.get_object(Bucket=session.bucket, Key=session.mine + "there")["Body"].read() == b"content"
    listed = session.s3.list_objects_v2(Bucket=session.bucket, Prefix=session.mine)["Contents"]
    assert [entry["Key"] for entry in listed] == [session.mine + "new", session.mine + "there"]


ATTEMPTS = {
    "get": lambda s: s.s3.get_object(Bucket=s.bucket, Key=s.others + "there"),
    "head": lambda s: s.s3.head_object(Bucket=s.bucket, Key=s.others + "there"),
    "put": lambda s: s.s3.put_object(Bucket=s.bucket, Key=s.others + "new", Body=b"x"),
    "multipart": lambda s: s.s3.create_multipart_upload(Bucket=s.bucket, Key=s.others + "new"),
    "copy out": lambda s: s.s3.copy_object(
        Bucket=s.bucket, Key=s.mine + "stolen", CopySource={"Bucket": s.bucket, "Key": s.others + "there"}
    ),
    "climb": lambda s: s.s3.get_object(Bucket=s.bucket, Key=s.mine + "../others/there"),
    "list others": lambda s: s.s3.list_objects_v2(Bucket=s.bucket, Prefix=s.others),
    "list all": lambda s: s.s3.list_objects_v2(Bucket=s.bucket),
    "delete its own": lambda s: s.s3.delete_object(Bucket=s.bucket, Key=s.mine + "there"),
    "delete others": lambda s: s.s3.delete_object(Bucket=s.bucket, Key=s.others + "there"),
    "other bucket": lambda s: s.s3.get_object(Bucket="trace-scratch", Key=".ready"),
    "make a bucket": lambda s: s.s3.create_bucket(Bucket="trace-evil"),
    "assume the role anew": lambda s: s.sts.assume_role(
        RoleArn="arn:aws:iam::000000000000:role/TraceTask", RoleSessionName="wider"
    ),
}


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_a_session_is_held_to_its_prefix(session: Session, attempt: str, with_buckets: Config) -> None:
    with pytest.raises(ClientError) as refused:
        ATTEMPTS[attempt](session)

    assert refused.value.response["Error"]["Code"] in REFUSED
    store = wiring.object_store(with_buckets, bucket=session.bucket)
    assert [store.get(prefix + "there") for prefix in (session.mine, session.others)] == [b"content", b"content"]


def test_keys_without_their_session_token_are_worth_nothing(session: Session, with_buckets: Config) -> None:
    keys = session.s3._request_signer._credentials
    stripped = {"AccessKeyId": keys.access_key, "SecretAccessKey": keys.secret_key, "SessionToken": ""}

    with pytest.raises(ClientError):
        client(with_buckets, "s3", stripped).get_object(Bucket=session.bucket, Key=session.mine + "there")
