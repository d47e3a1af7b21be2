from __future__ import annotations

from operators.log_decode.config import MOST_EVENTS, LogDecodeConfig
from operators.sdk.declaration import Declaration, Output, Resources
from operators.sdk.words import Activation, FieldType, Runtime, Storage, Strategy

TRANSFER = {
    "type": "event",
    "name": "Transfer",
    "inputs": [
        {"name": "from", "type": "address", "indexed": True},
        {"name": "to", "type": "address", "indexed": True},
        {"name": "value", "type": "uint256"},
    ],
}
APPROVAL = TRANSFER | {
    "name": "Approval",
    "inputs": [
        {"name": "owner", "type": "address", "indexed": True},
        {"name": "spender", "type": "address", "indexed": True},
        {"name": "value", "type": "uint256"},
    ],
}

DECLARATION = Declaration(
    name="log_decode",
    version="1.0",
    summary="Decodes logs into a table per event, with the events of a contract's ABI.",
    activations=frozenset({Activation.REACTIVE}),
    strategies=frozenset(Strategy),
    runtimes=frozenset({Runtime.ECS_PLATFORM}),
    config=LogDecodeConfig,
    # Beside the columns that place the log: those of the event's arguments.
    outputs=(
        Output(
            "event", "A row per log of one event; one output per event of `abi`.", Storage.S3, either_storage=True,
            unique=("block_number", "log_index"),
        ),
    ),
    max_outputs=MOST_EVENTS,
    where={"chain_id": FieldType.INTEGER, "address": FieldType.TEXT},
    resources=Resources(cpu_millis=1000, memory_mb=2048, timeout_seconds=1800),
    examples=(
        {"abi": [TRANSFER]},
        {
            "abi": [TRANSFER, APPROVAL],
            "contracts": ["0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"],
            "on_unknown": "fail",
        },
        {"abi": [TRANSFER], "hot_dataset": "logs"},
    ),
    implementation="operators.log_decode.operator:LogDecode",
)  # fmt: skip
