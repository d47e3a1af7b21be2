"""What ECS refuses and how: answers as its documentation has them, given to the real client, which checks every request."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from apps.platform.config import LaunchType
from apps.platform.drivers.ecs import EcsContainers, Placement
from apps.platform.drivers.ecs_sizes import EcsSize, fargate_size, size_of
from apps.platform.errors import Permanent, ServiceError, Transient
from apps.platform.ports.containers import NoRoom, Phase, State
from tests.workers.hosting import container

PLACE = Placement("trace", "worker", "trace", LaunchType.FARGATE, "", ("subnet-1",), ("sg-1",), "http://internal")
ARN = "arn:aws:ecs:us-east-1:123456789012:task/trace/0123456789abcdef0123456789abcdef"


class Ecs:
    def __init__(self, place: Placement = PLACE) -> None:
        client = boto3.client("ecs", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
        self.stub = Stubber(client)
        self.stub.activate()
        self.containers = EcsContainers(client, place)

    def fails(self, code: str, status: int = 400) -> ServiceError:
        self.stub.add_client_error("run_task", code, "as it says", status)
        with pytest.raises((Transient, Permanent)) as raised:
            self.containers.run(container())
        return raised.value

    def answers(self, *failures: dict[str, str]) -> ServiceError:
        self.stub.add_response("run_task", {"tasks": [], "failures": list(failures)})
        with pytest.raises((Transient, Permanent)) as raised:
            self.containers.run(container())
        return raised.value

    def looks_like(self, **task: Any) -> State:
        self.stub.add_response("describe_tasks", {"tasks": [{"taskArn": ARN, **task}], "failures": []})
        return self.containers.states([ARN])[ARN]


@pytest.mark.parametrize("code", ["ThrottlingException", "ServerException", "LimitExceededException", "RequestLimitExceeded"])
def test_what_may_pass_is_tried_again(code: str) -> None:
    assert isinstance(Ecs().fails(code), Transient)


@pytest.mark.parametrize(
    "code", ["ClientException", "InvalidParameterException", "AccessDeniedException", "ClusterNotFoundException"]
)
def test_what_will_not_pass_is_given_up(code: str) -> None:
    assert isinstance(Ecs().fails(code), Permanent)


@pytest.mark.parametrize(
    "reason", ["RESOURCE:MEMORY", "RESOURCE:ENI", "AGENT", "Capacity is unavailable at this time. Please try again later"]
)
def test_a_cluster_without_room_is_asked_again(reason: str) -> None:
    error = Ecs().answers({"arn": ARN, "reason": reason, "detail": "full"})

    assert isinstance(error, NoRoom) and reason in str(error)


@pytest.mark.parametrize("reason", ["MISSING", "INACTIVE", "ATTRIBUTE"])
def test_what_the_cluster_does_not_have_is_not_asked_for_again(reason: str) -> None:
    assert isinstance(Ecs().answers({"arn": ARN, "reason": reason}), Permanent)


def test_an_answer_without_a_word_may_pass() -> None:
    assert isinstance(Ecs().answers(), Transient)


def test_a_request_names_its_token_and_its_place() -> None:
    ecs, wanted = Ecs(), container()
    network = {"awsvpcConfiguration": {"subnets": ["subnet-1"], "securityGroups": ["sg-1"], "assignPublicIp": "DISABLED"}}
    ecs.stub.add_response("run_task", {"tasks": [{"taskArn": ARN}], "failures": []}, {
        "cluster": "trace", "taskDefinition": "worker", "clientToken": wanted.token, "startedBy": str(wanted.task_id),
        "launchType": "FARGATE", "networkConfiguration": network, "overrides": ANY,
    })  # fmt: skip

    assert ecs.containers.run(wanted) == ARN


def test_a_capacity_provider_takes_the_place_of_the_launch_type() -> None:
    ecs = Ecs(replace(PLACE, capacity_provider="FARGATE_SPOT", security_groups=()))
    ecs.stub.add_response("run_task", {"tasks": [{"taskArn": ARN}], "failures": []}, {
        "cluster": ANY, "taskDefinition": ANY, "clientToken": ANY, "startedBy": ANY, "networkConfiguration": ANY, "overrides": ANY,
        "capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT", "weight": 1}],
    })  # fmt: skip

    assert ecs.containers.run(container()) == ARN


def test_an_end_is_told_with_the_exit_code_of_our_container_and_its_words() -> None:
    state = Ecs().looks_like(
        lastStatus="STOPPED", stoppedReason="Essential container in task exited",
        containers=[{"name": "sidecar", "exitCode": 0}, {"name": "trace", "exitCode": 137, "reason": "OutOfMemoryError"}],
    )  # fmt: skip

    assert state == State(Phase.STOPPED, 137, "Essential container in task exited: OutOfMemoryError")


def test_an_image_that_could_not_be_pulled_has_no_exit_code() -> None:
    state = Ecs().looks_like(lastStatus="STOPPED", stoppedReason="CannotPullContainerError: no such image", containers=[])

    assert state == State(Phase.STOPPED, None, "CannotPullContainerError: no such image")


@pytest.mark.parametrize("status", ["PROVISIONING", "PENDING", "ACTIVATING", "RUNNING", "STOPPING", "DEPROVISIONING"])
def test_until_it_has_stopped_it_runs(status: str) -> None:
    assert Ecs().looks_like(lastStatus=status).phase is Phase.RUNNING


@pytest.mark.parametrize(
    ("millis", "memory_mb", "size"),
    [(100, 256, (256, 512)), (100, 512, (256, 1024)), (100, 3_000, (512, 4_096)), (1_000, 256, (2_048, 4_096)),
     (4_000, 40_000, (8_192, 40_960)), (900, 1_792, (1_024, 2_048))],
)  # fmt: skip
def test_a_container_on_fargate_has_the_smallest_size_that_holds_the_job(
    millis: int, memory_mb: int, size: tuple[int, int]
) -> None:
    assert fargate_size(size_of(millis, memory_mb)) == EcsSize(*size)


def test_more_than_fargate_has_is_refused_with_what_to_do() -> None:
    with pytest.raises(Permanent, match="TRACE_ECS_LAUNCH_TYPE=EC2"):
        fargate_size(size_of(20_000, 256))
