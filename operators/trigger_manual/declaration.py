from __future__ import annotations

from operators.sdk.declaration import Declaration, Output, Resources
from operators.sdk.words import Activation, Runtime, SourceKind
from operators.trigger_manual.config import TriggerManualConfig

DECLARATION = Declaration(
    name="trigger_manual",
    version="1.0",
    summary="Emits an event when somebody starts it, with the block range they name.",
    activations=frozenset({Activation.SOURCE}),
    source_kinds=frozenset({SourceKind.MANUAL}),
    runtimes=frozenset({Runtime.DISPATCHER, Runtime.LAMBDA}),
    config=TriggerManualConfig,
    outputs=(Output("started", "One event per run, with its range if it has one."),),
    resources=Resources(cpu_millis=100, memory_mb=128, timeout_seconds=60),
    examples=({},),
    implementation="operators.trigger_manual.operator:TriggerManual",
)
