from __future__ import annotations

from operators.sdk.declaration import Declaration, Output, Resources
from operators.sdk.words import Activation, Runtime, SourceKind
from operators.ticker.config import TickerConfig

DECLARATION = Declaration(
    name="ticker",
    version="1.0",
    summary="Emits a growing cursor at an interval, for ever: a source for trying out a pipeline without a chain.",
    activations=frozenset({Activation.SOURCE}),
    source_kinds=frozenset({SourceKind.ALWAYS_ON}),
    runtimes=frozenset({Runtime.ECS_PLATFORM}),
    config=TickerConfig,
    outputs=(Output("ticks", "An event per interval, each with a cursor one higher than the last."),),
    resources=Resources(cpu_millis=100, memory_mb=128, timeout_seconds=None),
    examples=({}, {"interval_seconds": 0.5, "start": 1000}),
    implementation="operators.ticker.operator:Ticker",
)
