from __future__ import annotations

from operators.sdk.declaration import Declaration, Output, Resources
from operators.sdk.words import Activation, Runtime, SourceKind
from operators.trigger_cron.config import TriggerCronConfig

DECLARATION = Declaration(
    name="trigger_cron",
    version="1.0",
    summary="Emits an event at every tick of a schedule.",
    activations=frozenset({Activation.SOURCE}),
    source_kinds=frozenset({SourceKind.CRON}),
    runtimes=frozenset({Runtime.DISPATCHER, Runtime.LAMBDA}),
    config=TriggerCronConfig,
    outputs=(Output("ticked", "One event per tick, with the instant that it was scheduled for."),),
    resources=Resources(cpu_millis=100, memory_mb=128, timeout_seconds=60),
    examples=({}, {"data": {"report": "daily"}}),
    implementation="operators.trigger_cron.operator:TriggerCron",
)
