"""Every driver of every port, against the real server, made from Config as the product makes it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from uuid import uuid4

import psycopg
import pytest

from apps.platform import wiring
from apps.platform.config import Config
from tests.aws_server import aws_server
from workers.supervisor.servers.seaweedfs import ROLE_ARN

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
def with_buckets(config: Config, buckets: Config) -> Config:
    return config


@pytest.fixture(scope="session")
def with_queue_database(config: Config) -> Iterator[Config]:
    """A database of its own: its schema has one fixed name. Folders that import this fixture have one each."""
    name = f"queue_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{uuid4().hex[:8]}"
    with psycopg.connect(config.queue_dsn, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        config = replace(config, queue_dsn=config.queue_dsn.rsplit("/", 1)[0] + f"/{name}")
        wiring.prepare_queue(config)
        yield config
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
