from __future__ import annotations

from operators.sdk.declaration import Declaration, Output, Resources
from operators.sdk.words import Activation, Bundle, Runtime, Storage, Strategy, Trust
from operators.udf.config import UdfConfig

DECLARATION = Declaration(
    name="udf",
    version="1.0",
    summary="Runs a bundle of code that a user wrote: Python, Node, or Rust with a runtime of its own.",
    activations=frozenset({Activation.REACTIVE}),
    strategies=frozenset(Strategy),
    runtimes=frozenset({Runtime.LAMBDA}),
    trust=Trust.UNTRUSTED,
    bundle=Bundle.REQUIRED,
    config=UdfConfig,
    outputs=(
        Output("output", "What the code publishes, through the buffer or as files.", Storage.POSTGRES, either_storage=True),
    ),
    max_outputs=16,
    resources=Resources(cpu_millis=500, memory_mb=512, timeout_seconds=300),
    examples=({}, {"parameters": {"threshold": "1000000000000000000", "tokens": ["USDC"]}}),
)
