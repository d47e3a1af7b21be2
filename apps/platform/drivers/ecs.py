"""The container port over ECS: one RunTask for a task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from botocore.exceptions import ClientError

from apps.platform.config import Config, LaunchType
from apps.platform.drivers.aws import translated
from apps.platform.drivers.ecs_sizes import EcsSize, fargate_size, size_of
from apps.platform.errors import Permanent, Transient
from apps.platform.ports.containers import UNKNOWN, Container, NoRoom, Phase, State
from apps.platform.slices import slices

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_ecs.type_defs import FailureTypeDef, TaskTypeDef

_PAGE = 100
_LONGEST_REASON = 255
# The cluster has no room just now, or its agent is away. An attribute or an image that is missing will not come by itself.
_NO_ROOM = ("RESOURCE:", "Capacity is unavailable", "AGENT")
# 4xx that pass: the limit of the account, capacity that is being changed.
_MAY_PASS = frozenset({"LimitExceededException", "ServerException", "UpdateInProgressException"})
_GONE = "The referenced task was not found"


@dataclass(frozen=True)
class Placement:
    """Where containers start, the same for all."""

    cluster: str
    task_definition: str
    container: str
    launch_type: LaunchType
    capacity_provider: str
    subnets: tuple[str, ...]
    security_groups: tuple[str, ...]
    internal_url: str

    @classmethod
    def of(cls, config: Config) -> Self:
        return cls(
            config.ecs_cluster, config.ecs_task_definition, config.ecs_container, config.ecs_launch_type,
            config.ecs_capacity_provider, config.ecs_subnets, config.ecs_security_groups, config.internal_url,
        )  # fmt: skip

    @property
    def is_fargate(self) -> bool:
        return (self.capacity_provider or self.launch_type).startswith("FARGATE")


class EcsContainers:
    def __init__(self, client: ECSClient, placement: Placement) -> None:
        self._client = client
        self._at = placement

    def run(self, container: Container) -> str:
        what = f"starting a container for task {container.task_id}"
        with translated(what, may_pass=_MAY_PASS):
            answer = self._client.run_task(**self._request(container))
        if answer["tasks"]:
            return answer["tasks"][0]["taskArn"]
        raise _refusal(what, answer["failures"])

    def stop(self, handle: str, *, reason: str) -> None:
        with translated(f"stopping {handle}"):
            try:
                self._client.stop_task(cluster=self._at.cluster, task=handle, reason=reason[:_LONGEST_REASON])
            except ClientError as error:
                if _GONE.lower() not in str(error).lower():
                    raise

    def states(self, handles: Sequence[str]) -> Mapping[str, State]:
        found: dict[str, State] = dict.fromkeys(handles, UNKNOWN)
        for some in slices(handles, _PAGE):
            with translated("looking at containers"):
                answer = self._client.describe_tasks(cluster=self._at.cluster, tasks=list(some))
            found |= {task["taskArn"]: self._state(task) for task in answer["tasks"]}
        return found

    def _request(self, container: Container) -> dict[str, Any]:
        network: dict[str, Any] = {"subnets": list(self._at.subnets), "assignPublicIp": "DISABLED"}
        if self._at.security_groups:
            network["securityGroups"] = list(self._at.security_groups)
        return {
            "cluster": self._at.cluster,
            "taskDefinition": container.task_definition or self._at.task_definition,
            "clientToken": container.token,
            # Found again by it: `aws ecs list-tasks --started-by`.
            "startedBy": str(container.task_id),
            "networkConfiguration": {"awsvpcConfiguration": network},
            "overrides": self._overrides(container),
            **self._capacity(),
        }

    def _capacity(self) -> dict[str, Any]:
        if self._at.capacity_provider:
            return {"capacityProviderStrategy": [{"capacityProvider": self._at.capacity_provider, "weight": 1}]}
        return {"launchType": self._at.launch_type.value}

    def _overrides(self, container: Container) -> dict[str, Any]:
        command = ["python", "-m", "workers.task_process", str(container.task_id)]
        environment = {"TRACE_WORKER_ID": f"ecs-{container.token}", "TRACE_INTERNAL_URL": self._at.internal_url}
        size = size_of(container.cpu_millis, container.memory_mb)
        inner: dict[str, Any] = {
            "name": self._at.container, "command": command, "cpu": size.cpu, "memory": size.memory_mb,
            "environment": [{"name": name, "value": value} for name, value in environment.items()],
        }  # fmt: skip
        return {"containerOverrides": [inner]} | (_task_size(fargate_size(size)) if self._at.is_fargate else {})

    def _state(self, task: TaskTypeDef) -> State:
        if task.get("lastStatus") != "STOPPED":
            return State(Phase.RUNNING)
        ours = next((one for one in task.get("containers", []) if one.get("name") == self._at.container), None)
        words = [task.get("stoppedReason", ""), ours.get("reason", "") if ours else ""]
        return State(Phase.STOPPED, ours.get("exitCode") if ours else None, ": ".join(filter(None, words)))


def _task_size(size: EcsSize) -> dict[str, str]:
    return {"cpu": str(size.cpu), "memory": str(size.memory_mb)}


def _refusal(what: str, failures: Sequence[FailureTypeDef]) -> Transient | Permanent:
    """RunTask answers 200 and says in `failures` why nothing was started."""
    first: FailureTypeDef = failures[0] if failures else {"reason": "ECS gave no reason"}
    reason = first.get("reason", "")
    words = ": ".join(filter(None, [what, reason, first.get("detail", "")]))
    if reason.startswith(_NO_ROOM):
        return NoRoom(words)
    return Permanent(words) if failures else Transient(words)
