from __future__ import annotations

from operators.range_splitter.config import RangeSplitterConfig
from operators.sdk.declaration import Declaration, Output, Resources
from operators.sdk.words import Activation, Runtime, Strategy

DECLARATION = Declaration(
    name="range_splitter",
    version="1.0",
    summary="Splits a range into ranges of a smaller size, so that they can be worked on side by side.",
    activations=frozenset({Activation.REACTIVE}),
    strategies=frozenset({Strategy.PER_PARTITION}),
    runtimes=frozenset({Runtime.ECS_PLATFORM}),
    config=RangeSplitterConfig,
    outputs=(Output("ranges", "An event per smaller range."),),
    resources=Resources(cpu_millis=100, memory_mb=256, timeout_seconds=60),
    examples=({}, {"chunk_size": 2000}),
    implementation="operators.range_splitter.operator:RangeSplitter",
)
