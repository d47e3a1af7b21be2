"""What every driver of containers promises.

ECS is an API server here that says RUNNING and runs nothing: that what is asked for reaches the API, and what it answers is
understood, is all it can show. What a container does, and how it ends, is shown by the processes (tests/workers).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import boto3
import pytest

from apps.platform import wiring
from apps.platform.config import Config, ContainersDriver
from apps.platform.errors import Permanent, Transient
from apps.platform.ports.containers import Containers, Phase
from tests.ports.conftest import ON_AWS_SERVER
from tests.waiting import eventually
from tests.workers.hosting import container, hosting


@pytest.fixture(params=["processes", pytest.param("ecs", marks=ON_AWS_SERVER)])
def containers(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Containers]:
    if request.param == "processes":
        with hosting(tmp_path) as host:
            yield host.driver
    else:
        yield wiring.containers(on_ecs(request.getfixturevalue("on_aws")))


def on_ecs(config: Config) -> Config:
    ecs = boto3.client("ecs", endpoint_url=config.aws_endpoint, region_name=config.aws_region)
    ecs.create_cluster(clusterName="trace")
    ecs.register_task_definition(
        family="worker", requiresCompatibilities=["FARGATE"], networkMode="awsvpc", cpu="256", memory="512",
        containerDefinitions=[{"name": "trace", "image": "trace", "essential": True}],
    )  # fmt: skip
    ec2 = boto3.client("ec2", endpoint_url=config.aws_endpoint, region_name=config.aws_region)
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    return replace(
        config, containers_driver=ContainersDriver.ECS, ecs_cluster="trace", ecs_task_definition="worker", ecs_subnets=(subnet,)
    )  # fmt: skip


def test_what_was_started_runs(containers: Containers) -> None:
    handle = containers.run(container())

    assert containers.states([handle])[handle].phase is Phase.RUNNING
    assert len(handle) <= 300


def test_two_tasks_have_a_container_each(containers: Containers) -> None:
    assert containers.run(container()) != containers.run(container())


def test_what_was_stopped_says_why(containers: Containers) -> None:
    handle = containers.run(container())

    containers.stop(handle, reason="nobody wants it")

    eventually(lambda: containers.states([handle])[handle].phase is Phase.STOPPED)
    assert "nobody wants it" in containers.states([handle])[handle].reason


def test_to_stop_it_twice_is_no_error(containers: Containers) -> None:
    handle = containers.run(container())

    containers.stop(handle, reason="once")
    containers.stop(handle, reason="twice")


def test_what_nobody_started_is_unknown_and_can_be_stopped(containers: Containers) -> None:
    containers.stop("nobody", reason="to be sure")

    assert containers.states(["nobody"])["nobody"].phase is Phase.UNKNOWN


def test_any_number_can_be_looked_at(containers: Containers) -> None:
    handle = containers.run(container())
    handles = [f"unknown{n}" for n in range(620)] + [handle]

    states = containers.states(handles)

    assert list(states) == handles and states[handle].phase is Phase.RUNNING
    assert containers.states([]) == {}


@pytest.mark.parametrize("driver", ["processes", pytest.param("ecs", marks=ON_AWS_SERVER)])
def test_a_driver_that_cannot_be_reached_may_be_tried_again(driver: str, request: pytest.FixtureRequest, config: Config) -> None:
    if driver == "ecs":
        config = replace(on_ecs(request.getfixturevalue("on_aws")), aws_endpoint="http://127.0.0.1:9")
    containers = wiring.containers(replace(config, process_host_port=9, worker_tokens=("any",)))

    with pytest.raises(Transient):
        containers.run(container())


@ON_AWS_SERVER
def test_a_task_definition_that_is_not_there_is_refused_for_good(on_aws: Config) -> None:
    containers = wiring.containers(on_ecs(on_aws))

    with pytest.raises(Permanent, match="nothing-like-it"):
        containers.run(replace(container(), task_definition="nothing-like-it"))


@ON_AWS_SERVER
def test_what_ecs_is_told_of_a_container(on_aws: Config) -> None:
    config = on_ecs(on_aws)
    wanted = container()
    handle = wiring.containers(config).run(wanted)

    ecs = boto3.client("ecs", endpoint_url=config.aws_endpoint, region_name=config.aws_region)
    (task,) = ecs.describe_tasks(cluster="trace", tasks=[handle])["tasks"]
    (inner,) = task["overrides"]["containerOverrides"]
    assert task["startedBy"] == str(wanted.task_id) and task["launchType"] == "FARGATE"
    assert inner["command"] == ["python", "-m", "workers.task_process", str(wanted.task_id)]
    assert {one["name"] for one in inner["environment"]} == {"TRACE_WORKER_ID", "TRACE_INTERNAL_URL"}
    assert (task["overrides"]["cpu"], task["overrides"]["memory"]) == ("256", "512")
