from __future__ import annotations

from operators.fail.config import FailConfig
from operators.sdk.declaration import Declaration, Output, Resources
from operators.sdk.words import Activation, Runtime, Strategy

DECLARATION = Declaration(
    name="fail",
    version="1.0",
    summary="Fails as many attempts as it is told, then passes on what arrived: to try out retries and alarms.",
    activations=frozenset({Activation.REACTIVE}),
    strategies=frozenset({Strategy.PER_UPDATE, Strategy.PER_PARTITION, Strategy.BULK}),
    runtimes=frozenset({Runtime.ECS_PLATFORM}),
    config=FailConfig,
    outputs=(Output("passed", "Every event that arrived, once an attempt succeeds."),),
    resources=Resources(cpu_millis=100, memory_mb=128, timeout_seconds=60),
    examples=({}, {"times": 2}, {"retryable": False}),
    implementation="operators.fail.operator:Fail",
)
