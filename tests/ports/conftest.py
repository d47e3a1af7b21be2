"""Every driver of every port, against the real server, made from Config as the product makes it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import boto3
import psycopg
import pytest
from botocore.config import Config as ClientConfig

from apps.platform import wiring
from apps.platform.config import Config
from tests.aws_server import aws_server
from workers.supervisor.servers.seaweedfs import BUCKETS, ROLE_ARN

# One worker of a parallel run starts the AWS server, not each.
ON_AWS_SERVER = pytest.mark.xdist_group("aws")


@pytest.fixture(scope="session")
def config() -> Config:
    return replace(Config.from_env(), s3_role_arn=ROLE_ARN)


@pytest.fixture(scope="session")
def on_aws(config: Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Config]:
    with aws_server(tmp_path_factory.mktemp("aws")) as url:
        ambient = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_EC2_METADATA_DISABLED": "true"}
        os.environ |= ambient
        yield replace(config, aws_endpoint=url)
        for name in ambient:
            del os.environ[name]


@pytest.fixture(scope="session")
def with_buckets(config: Config) -> Config:
    """The object store starts beside the others and may still be on its way."""
    client = boto3.client(
        "s3", endpoint_url=config.s3_endpoint, region_name=config.aws_region,
        aws_access_key_id=config.s3_access_key, aws_secret_access_key=config.s3_secret_key,
        config=ClientConfig(retries={"total_max_attempts": 1}, connect_timeout=1, read_timeout=5, s3={"addressing_style": "path"}),
    )  # fmt: skip

    def make_buckets() -> None:
        there = {bucket["Name"] for bucket in client.list_buckets()["Buckets"]}
        for bucket in BUCKETS:
            if bucket not in there:
                client.create_bucket(Bucket=bucket)
            client.put_object(Bucket=bucket, Key=".ready", Body=b"")

    eventually(make_buckets, seconds=60)
    return config


@pytest.fixture(scope="session")
def with_queue_database(config: Config) -> Iterator[Config]:
    """A database of this process's own: its schema has one fixed name."""
    name = f"queue_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    with psycopg.connect(config.queue_dsn, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {name}")
        config = replace(config, queue_dsn=config.queue_dsn.rsplit("/", 1)[0] + f"/{name}")
        wiring.prepare_queue(config)
        yield config
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def eventually(act: Callable[[], object], *, seconds: float = 10) -> None:
    """Again until it neither raises nor answers False."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            if act() is not False:
                return
            error: Exception = AssertionError("it stayed False")
        except Exception as raised:  # noqa: BLE001  whatever a server that is not there yet answers
            error = raised
        if time.monotonic() > deadline:
            raise error
        time.sleep(0.05)
