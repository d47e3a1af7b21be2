from __future__ import annotations

from operators.alert_route.config import AlertRouteConfig
from operators.sdk.declaration import Column, ComesFrom, Declaration, Output, Resources
from operators.sdk.words import Activation, ColumnType, Derivation, FieldType, Runtime, Storage, Strategy

DELIVERIES = (
    Column(
        "delivery_id", ColumnType.UUID, "Follows from the event and the channel: the same pair is the same delivery.",
        comes_from=(ComesFrom("dedupe_key", Derivation.TRANSFORMATION),),
    ),
    Column("dedupe_key", ColumnType.TEXT, "The alert event that is told.", comes_from=(ComesFrom("dedupe_key"),)),
    Column("channel", ColumnType.TEXT, "Name of the channel; its address stays there."),
    Column("severity", ColumnType.TEXT, "Of the alert.", comes_from=(ComesFrom("severity"),)),
    Column("chain_id", ColumnType.UINT64, "Of the alert.", nullable=True, comes_from=(ComesFrom("chain_id"),)),
    Column("status", ColumnType.TEXT, "`pending` when it is made; the delivery service moves it on."),
)  # fmt: skip

DECLARATION = Declaration(
    name="alert_route",
    version="1.0",
    summary="Decides which channels are told of an alert, and makes one delivery for each.",
    activations=frozenset({Activation.REACTIVE}),
    strategies=frozenset({Strategy.PER_UPDATE}),
    runtimes=frozenset({Runtime.ECS_PLATFORM}),
    config=AlertRouteConfig,
    outputs=(Output("alert_deliveries", "A row per alert and channel.", Storage.POSTGRES, DELIVERIES),),
    where={"severity": FieldType.TEXT, "chain_id": FieldType.INTEGER, "channel": FieldType.TEXT},
    resources=Resources(cpu_millis=250, memory_mb=256, timeout_seconds=60),
    examples=(
        {},
        {"channels": ["on-call"], "filters": {"severities": ["critical"]}, "max_age_seconds": 300},
        {"channels": ["research"], "group_within_seconds": 600, "max_per_channel_per_hour": 20},
    ),
)
