"""The catalogue as the specification has it, word for word."""

from __future__ import annotations

from typing import NamedTuple


class Line(NamedTuple):
    runtimes: str
    activation: str
    # Strategies of a reactive operator, kinds of a source.
    how: str


TABLE = {
    "block_follower": Line("ecs_platform", "source", "always_on"),
    "cryo_ingest": Line("ecs_platform", "reactive", "PerPartition"),
    "range_aggregator": Line("ecs_platform", "reactive", "PerUpdate"),
    "range_splitter": Line("ecs_platform", "reactive", "PerPartition"),
    "parquet_compact": Line("ecs_platform", "reactive", "PerPartition"),
    "integrity_check": Line("ecs_platform", "reactive", "Bulk PerPartition"),
    "rpc_integrity_check": Line("ecs_platform lambda", "reactive", "PerUpdate"),
    "liveliness_monitor": Line("ecs_platform lambda", "source", "cron"),
    "validator_stats": Line("ecs_platform lambda", "source", "cron"),
    "address_labels": Line("lambda", "source", "manual"),
    "query": Line("ecs_platform", "reactive", "Bulk PerPartition PerUpdate"),
    "udf": Line("lambda", "reactive", "Bulk PerPartition PerUpdate"),
    "alert_evaluate": Line("lambda", "reactive", "PerUpdate"),
    "alert_route": Line("ecs_platform", "reactive", "PerUpdate"),
    "trigger_cron": Line("dispatcher lambda", "source", "cron"),
    "trigger_webhook": Line("dispatcher lambda", "source", "webhook"),
    "trigger_manual": Line("dispatcher lambda", "source", "manual"),
    "http_ingest": Line("ecs_platform", "source", "cron"),
    "log_decode": Line("ecs_platform", "reactive", "Bulk PerPartition PerUpdate"),
    # Not of the specification: for trying things out.
    "noop": Line("ecs_platform", "reactive", "Bulk PerPartition PerUpdate"),
    "sleep": Line("ecs_platform", "reactive", "Bulk PerPartition PerUpdate"),
    "fail": Line("ecs_platform", "reactive", "Bulk PerPartition PerUpdate"),
    "ticker": Line("ecs_platform", "source", "always_on"),
    "demo_blocks": Line("ecs_platform", "reactive", "PerPartition PerUpdate"),
    "demo_totals": Line("ecs_platform", "reactive", "Bulk PerPartition"),
}
IMPLEMENTED = {
    "trigger_cron", "trigger_webhook", "trigger_manual", "range_splitter", "range_aggregator", "noop", "sleep", "fail", "ticker",
    "demo_blocks", "demo_totals", "block_follower", "cryo_ingest", "integrity_check", "parquet_compact", "liveliness_monitor",
    "log_decode", "rpc_integrity_check", "validator_stats", "http_ingest",
}  # fmt: skip
