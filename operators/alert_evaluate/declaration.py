from __future__ import annotations

from operators.alert_evaluate.config import AlertEvaluateConfig
from operators.sdk.declaration import Column, Declaration, Output, Resources
from operators.sdk.words import Activation, Bundle, ColumnType, FieldType, Runtime, Storage, Strategy, Trust

ALERT_EVENTS = (
    Column("alert_definition_id", ColumnType.UUID, "The definition that it belongs to."),
    Column("dedupe_key", ColumnType.TEXT, "The detector and what it saw, with the block's hash: never a time or an attempt."),
    Column("severity", ColumnType.TEXT, "`info`, `warning` or `critical`."),
    Column("event_time", ColumnType.TIMESTAMP, "When it happened on the chain."),
    Column("chain_id", ColumnType.UINT64, "EVM chain id.", nullable=True),
    Column("block_number", ColumnType.UINT64, "The block that it happened in.", nullable=True),
    Column("block_hash", ColumnType.HASH, "Its hash: another block at that height is another fact.", nullable=True),
    Column("tx_hash", ColumnType.HASH, "The transaction that it happened in.", nullable=True),
    Column("payload", ColumnType.JSON, "What the condition found."),
)

DECLARATION = Declaration(
    name="alert_evaluate",
    version="1.0",
    summary="Decides by a condition in SQL or by a user's code whether what arrived is worth an alert.",
    activations=frozenset({Activation.REACTIVE}),
    strategies=frozenset({Strategy.PER_UPDATE}),
    runtimes=frozenset({Runtime.LAMBDA}),
    trust=Trust.UNTRUSTED,
    bundle=Bundle.OPTIONAL,
    config=AlertEvaluateConfig,
    outputs=(Output("alert_events", "A row per alert, once however often it is found.", Storage.POSTGRES, ALERT_EVENTS),),
    where={"severity": FieldType.TEXT, "chain_id": FieldType.INTEGER, "alert_definition_id": FieldType.TEXT},
    resources=Resources(cpu_millis=250, memory_mb=512, timeout_seconds=60),
    examples=(
        {"condition": {"kind": "sql", "sql": "SELECT * FROM arrived WHERE success = false"}},
        {"condition": {"kind": "udf"}, "severity": "info"},
        {
            "condition": {
                "kind": "sql",
                "sql": "SELECT block_number, sum(value_f64) / 1e18 AS ether FROM arrived GROUP BY block_number",
                "column": "ether",
                "comparison": ">=",
                "threshold": 10_000,
            },
            "severity": "critical",
            "message": "{ether} ether moved in block {block_number}",
        },
    ),
)
