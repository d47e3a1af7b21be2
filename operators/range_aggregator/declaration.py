from __future__ import annotations

from operators.range_aggregator.config import RangeAggregatorConfig
from operators.sdk.declaration import Declaration, Output, Resources
from operators.sdk.words import Activation, Runtime, Strategy

DECLARATION = Declaration(
    name="range_aggregator",
    version="1.0",
    summary="Turns cursors that move on into ranges of a fixed size, whatever order they come in and however often.",
    activations=frozenset({Activation.REACTIVE}),
    strategies=frozenset({Strategy.PER_UPDATE}),
    runtimes=frozenset({Runtime.ECS_PLATFORM}),
    config=RangeAggregatorConfig,
    outputs=(Output("ranges", "An event per range whose blocks are all there."),),
    resources=Resources(cpu_millis=100, memory_mb=256, timeout_seconds=60),
    examples=({}, {"range_size": 1000}, {"range_size": 50_000, "start_block": 21_000_000}),
    implementation="operators.range_aggregator.operator:RangeAggregator",
)
