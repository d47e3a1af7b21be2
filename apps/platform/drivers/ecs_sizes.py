"""How large a container on ECS must be for what a job declares."""

from __future__ import annotations

from typing import NamedTuple

from apps.platform.errors import Permanent

# The process that claims, beats and completes stands beside the operator, and takes its own.
_OWN_MB, _OWN_MILLIS = 256, 100
_GB = 1024
# CPU units → memory that may go with it: from, to, in steps of. As Fargate has them.
_FARGATE = {
    256: (512, 2 * _GB, 512), 512: (1 * _GB, 4 * _GB, _GB), 1024: (2 * _GB, 8 * _GB, _GB), 2048: (4 * _GB, 16 * _GB, _GB),
    4096: (8 * _GB, 30 * _GB, _GB), 8192: (16 * _GB, 60 * _GB, 4 * _GB), 16384: (32 * _GB, 120 * _GB, 8 * _GB),
}  # fmt: skip


class EcsSize(NamedTuple):
    """CPU in units of ECS: 1,024 are one."""

    cpu: int
    memory_mb: int


def size_of(cpu_millis: int, memory_mb: int) -> EcsSize:
    return EcsSize((cpu_millis + _OWN_MILLIS) * 1024 // 1000, memory_mb + _OWN_MB)


def fargate_size(wanted: EcsSize) -> EcsSize:
    """The smallest of its sizes that holds what is wanted."""
    for cpu, (least, most, step) in _FARGATE.items():
        if cpu >= wanted.cpu and most >= wanted.memory_mb:
            steps = max(0, -(-(wanted.memory_mb - least) // step))
            if (memory := least + steps * step) <= most:
                return EcsSize(cpu, memory)
    raise Permanent(
        f"Fargate has no size for {wanted.cpu} CPU units and {wanted.memory_mb:,} MB: declare less, or set TRACE_ECS_LAUNCH_TYPE=EC2"
    )
