from __future__ import annotations

from operators.sdk.declaration import Declaration, Output, Resources
from operators.sdk.words import Activation, Runtime, Strategy
from operators.sleep.config import SleepConfig

DECLARATION = Declaration(
    name="sleep",
    version="1.0",
    summary="Takes its time, reports how far it is, passes on what arrived, and stops when it is cancelled.",
    activations=frozenset({Activation.REACTIVE}),
    strategies=frozenset({Strategy.PER_UPDATE, Strategy.PER_PARTITION, Strategy.BULK}),
    runtimes=frozenset({Runtime.ECS_PLATFORM}),
    config=SleepConfig,
    outputs=(Output("passed", "Every event that arrived, after the wait."),),
    resources=Resources(cpu_millis=100, memory_mb=128, timeout_seconds=3600),
    examples=({}, {"seconds": 30.0}),
    implementation="operators.sleep.operator:Sleep",
)
