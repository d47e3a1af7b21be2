"""`make up` with other drivers and without the demo: what the user chose reaches the processes."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import boto3
import httpx
import pytest

from tests.aws_server import aws_server
from tests.journeys.stack import StackProcess, wait_until

pytestmark = pytest.mark.journey
WHO = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_EC2_METADATA_DISABLED": "true"}


def test_the_probe_travels_over_sqs_and_the_admin_can_sign_in_without_the_demo(data_dir: Path, tmp_path: Path) -> None:
    with aws_server(tmp_path) as aws:
        stack = StackProcess(
            data_dir, TRACE_QUEUE_DRIVER="sqs", TRACE_QUEUE_PREFIX="journey-", TRACE_AWS_ENDPOINT=aws, TRACE_DEMO="0", **WHO
        ).wait_ready()
        try:
            people = stack.facts["demo"]["people"]
            assert list(people) == ["admin"]
            with httpx.Client(base_url=stack.url, headers={"Authorization": f"Bearer {people['admin']['token']}"}) as api:
                assert api.get("/v1/me").json()["email"] == people["admin"]["email"]
                wait_until(lambda: api.get("/v1/platform/health").json()["probe"]["received_at"], what="no probe came back")
        finally:
            stack.stop()
        assert queues_of(aws) == {"journey-probe", "journey-probe-dead", "journey-tasks", "journey-tasks-dead"}


def queues_of(aws: str) -> set[str]:
    session = boto3.Session("testing", "testing", region_name="us-east-1")
    with closing(session.client("sqs", endpoint_url=aws)) as sqs:
        return {url.rsplit("/", 1)[1] for url in sqs.list_queues()["QueueUrls"]}
