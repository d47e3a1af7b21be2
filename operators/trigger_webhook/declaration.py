from __future__ import annotations

from operators.sdk.declaration import Declaration, Output, Resources
from operators.sdk.words import Activation, Runtime, SourceKind
from operators.trigger_webhook.config import TriggerWebhookConfig

DECLARATION = Declaration(
    name="trigger_webhook",
    version="1.0",
    summary="Emits an event when somebody calls its address, with what they sent.",
    activations=frozenset({Activation.SOURCE}),
    source_kinds=frozenset({SourceKind.WEBHOOK}),
    runtimes=frozenset({Runtime.DISPATCHER, Runtime.LAMBDA}),
    config=TriggerWebhookConfig,
    outputs=(Output("called", "One event per delivery, with its body and, if it names one, its range."),),
    resources=Resources(cpu_millis=100, memory_mb=128, timeout_seconds=60),
    examples=({}, {"body": "text", "max_bytes": 4096}, {"range_start": "/range/from", "range_end": "/range/to"}),
    implementation="operators.trigger_webhook.operator:TriggerWebhook",
)
