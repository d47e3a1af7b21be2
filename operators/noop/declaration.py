from __future__ import annotations

from operators.noop.config import NoopConfig
from operators.sdk.declaration import Declaration, Output, Resources
from operators.sdk.words import Activation, Runtime, Strategy

DECLARATION = Declaration(
    name="noop",
    version="1.0",
    summary="Passes on what arrived and does nothing else: a join of several inputs, or a placeholder.",
    activations=frozenset({Activation.REACTIVE}),
    strategies=frozenset({Strategy.PER_UPDATE, Strategy.PER_PARTITION, Strategy.BULK}),
    runtimes=frozenset({Runtime.ECS_PLATFORM}),
    config=NoopConfig,
    outputs=(Output("passed", "Every event that arrived, as it was."),),
    resources=Resources(cpu_millis=100, memory_mb=128, timeout_seconds=60),
    examples=({},),
    implementation="operators.noop.operator:Noop",
)
