"""Configs that must be refused: what is changed in the smallest example, and where the error points to.

An error about several keys at once points to the whole: `()`.
"""

from __future__ import annotations

from typing import Any

Loc = tuple[str | int, ...]

ADDRESS = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"
SQL = {"kind": "sql", "sql": "SELECT 1"}
EVENT = {"type": "event", "name": "Sent", "inputs": []}
TEXT = {"name": "symbol", "type": "text"}


def indexed(count: int) -> list[dict[str, Any]]:
    return [{"name": f"a{number}", "type": "address", "indexed": True} for number in range(count)]


REJECTS: dict[str, list[tuple[dict[str, Any], Loc]]] = {
    "block_follower": [
        ({"chain_id": "1"}, ("chain_id",)),
        ({"chain_id": True}, ("chain_id",)),
        ({"rpc_pool": "https://node.example.com/key"}, ("rpc_pool",)),
        ({"poll_interval_seconds": 0.01}, ("poll_interval_seconds",)),
        ({"tables": ["blocks", "blocks"]}, ("tables",)),
        ({"tables": ["blocks", "receipts"]}, ("tables", 1)),
        ({"tables": ["logs"]}, ()),
        ({"emit_strategy": "threshold"}, ()),
        ({"threshold_blocks": 10}, ()),
        ({"confirmations": 65}, ()),
    ],
    "fail": [
        ({"times": -1}, ("times",)),
        ({"retryable": "no"}, ("retryable",)),
        ({"message": ""}, ("message",)),
    ],
    "noop": [
        ({"seconds": 1}, ("seconds",)),
        ({"output": 0}, ("output",)),
        ({"": None}, ("",)),
    ],
    "sleep": [
        ({"seconds": -0.1}, ("seconds",)),
        ({"seconds": "1"}, ("seconds",)),
        ({"seconds": 86_401}, ("seconds",)),
    ],
    "ticker": [
        ({"interval_seconds": 0}, ("interval_seconds",)),
        ({"start": -1}, ("start",)),
        ({"start": "5"}, ("start",)),
    ],
    "demo_blocks": [
        ({"seed": -1}, ("seed",)),
        ({"chain_id": 0}, ("chain_id",)),
        ({"gas_limit": 2**32}, ("gas_limit",)),
    ],
    "demo_totals": [
        ({"bucket": 0}, ("bucket",)),
        ({"bucket": "100"}, ("bucket",)),
        ({"bucket": 10_000_001}, ("bucket",)),
    ],
    "cryo_ingest": [
        ({"cryo_dataset_name": "state_diffs"}, ("cryo_dataset_name",)),
        ({"chunk_size": 0}, ("chunk_size",)),
        ({"chunk_size": 10.0}, ("chunk_size",)),
        ({"subjects": {"addresses": ["0xA0b8"]}}, ("subjects", "addresses", 0)),
        ({"subjects": {"wallets": []}}, ("subjects", "wallets")),
        ({"cryo_dataset_name": "balances"}, ()),
        ({"cryo_dataset_name": "eth_calls", "subjects": {"contracts": [ADDRESS]}}, ()),
        ({"subjects": {"addresses": [ADDRESS]}}, ()),
        ({"compression": {"codec": "lz4", "level": 3}}, ("compression",)),
        ({"compression": {"codec": "gzip", "level": 10}}, ("compression",)),
        ({"exclude_columns": ["parent_hash"]}, ()),
        ({"exclude_columns": ["topic0"]}, ()),
        ({"include_columns": ["size"], "exclude_columns": ["size"]}, ()),
        ({"u256_types": []}, ("u256_types",)),
    ],
    "range_aggregator": [
        ({"range_size": "1000"}, ("range_size",)),
        ({"range_size": 0}, ("range_size",)),
        ({"start_block": -1}, ("start_block",)),
        ({"range_size": 1000, "start_block": 1500}, ()),
    ],
    "range_splitter": [
        ({"chunk_size": "1000"}, ("chunk_size",)),
        ({"chunk_size": 0}, ("chunk_size",)),
        ({"chunk_size": 10_000_001}, ("chunk_size",)),
        ({"chunk_size": None}, ("chunk_size",)),
    ],
    "parquet_compact": [
        ({"delete_after_commit": "yes"}, ("delete_after_commit",)),
        ({"hot_dataset": "Hot Blocks"}, ("hot_dataset",)),
        ({"finality_depth_blocks": 0}, ("finality_depth_blocks",)),
        ({"sort_by": []}, ("sort_by",)),
        ({"sort_by": ["log_index", "block_number"]}, ()),
        ({"rows_per_file": 1000, "rows_per_group": 2000}, ()),
        ({"compression": {"codec": "zip"}}, ("compression", "codec")),
    ],
    "integrity_check": [
        ({"checks": "gaps"}, ("checks",)),
        ({"checks": []}, ("checks",)),
        ({"sample_percent": 0}, ("sample_percent",)),
        ({"sample_percent": float("nan")}, ("sample_percent",)),
        ({"checks": ["hashes"]}, ()),
        ({"checks": ["gaps"], "sample_percent": 5}, ()),
    ],
    "rpc_integrity_check": [
        ({"providers": "3"}, ("providers",)),
        ({"providers": 1}, ("providers",)),
        ({"quorum": 1}, ("quorum",)),
        ({"compare": ["state"]}, ("compare", 0)),
        ({"providers": 3, "quorum": 4}, ()),
    ],
    "liveliness_monitor": [
        ({"expected_block_seconds": "12s"}, ("expected_block_seconds",)),
        ({"expected_block_seconds": 0}, ("expected_block_seconds",)),
        ({"stalled_after_seconds": float("inf")}, ("stalled_after_seconds",)),
        ({"degraded_after_seconds": 300}, ()),
        ({"degraded_after_seconds": 10}, ()),
    ],
    "validator_stats": [
        ({"validators": ["12"]}, ("validators", 0)),
        ({"epochs_per_run": 0}, ("epochs_per_run",)),
        ({"figures": ["duties", "duties"]}, ("figures",)),
        ({"end_epoch": 10}, ()),
        ({"start_epoch": 11, "end_epoch": 10}, ()),
    ],
    "address_labels": [
        ({"label_types": "cex"}, ("label_types",)),
        ({"visibility": "everybody"}, ("visibility",)),
        ({"visibility": "role:"}, ("visibility",)),
        ({"chain_ids": [0]}, ("chain_ids", 0)),
        ({"chainless": False}, ()),
    ],
    "query": [
        ({"sql": 1}, ("sql",)),
        ({"sql": ""}, ("sql",)),
        ({"mode": "view"}, ("mode",)),
        ({"parameters": {"Least": 1}}, ("parameters", "Least", "[key]")),
        ({"sql": "SELECT $lesser", "parameters": {"less": 1}}, ()),
        ({"format": "csv"}, ()),
    ],
    "udf": [
        ({"parameters": []}, ("parameters",)),
        ({"parameters": {"1st": 1}}, ("parameters", "1st", "[key]")),
        ({"parameters": {f"p{number}": number for number in range(101)}}, ("parameters",)),
        ({"parameters": None}, ("parameters",)),
    ],
    "alert_evaluate": [
        ({"condition": {"kind": "sql"}}, ("condition", "sql", "sql")),
        ({"condition": {"kind": "python"}}, ("condition",)),
        ({"condition": SQL | {"bundle": "x"}}, ("condition", "sql", "bundle")),
        ({"condition": SQL | {"column": "ether"}}, ("condition", "sql")),
        ({"condition": {"kind": "udf"}, "message": "It moved"}, ()),
        ({"condition": {"kind": "udf", "sql": "SELECT 1"}}, ("condition", "udf", "sql")),
        ({"severity": "fatal"}, ("severity",)),
        ({"message": "{ether"}, ("message",)),
        ({"message": "{row.secret}"}, ("message",)),
        ({"message": "{ether:>1000000}"}, ("message",)),
        ({"alert_definition_id": "mine"}, ("alert_definition_id",)),
        ({"max_events_per_task": 0}, ("max_events_per_task",)),
    ],
    "alert_route": [
        ({"channels": ["ops@example.com"]}, ("channels", 0)),
        ({"filters": {"severities": ["fatal"]}}, ("filters", "severities", 0)),
        ({"filters": {"block": 1}}, ("filters", "block")),
        ({"max_age_seconds": 0}, ("max_age_seconds",)),
        ({"max_per_channel_per_hour": 0.5}, ("max_per_channel_per_hour",)),
        ({"group_within_seconds": 3600}, ()),
    ],
    "trigger_cron": [
        ({"data": "daily"}, ("data",)),
        ({"data": {"not a key": 1}}, ("data", "not a key", "[key]")),
        ({"schedule": "0 0 * * *"}, ("schedule",)),
    ],
    "trigger_webhook": [
        ({"body": "xml"}, ("body",)),
        ({"max_bytes": 2_000_000}, ("max_bytes",)),
        ({"range_start": "range.from", "range_end": "/to"}, ("range_start",)),
        ({"range_start": "/from"}, ()),
        ({"range_start": "/from", "range_end": "/to", "body": "text"}, ()),
    ],
    "trigger_manual": [
        ({"range": "0-10"}, ("range",)),
        ({"start": 0}, ("start",)),
        ({"data": {}}, ("data",)),
    ],
    "http_ingest": [
        ({"url": "http://feeds.example.com/"}, ("url",)),
        ({"url": "https://me:word@feeds.example.com/"}, ("url",)),
        ({"url": "https://feeds.example.com/?apikey=1"}, ("url",)),
        ({"headers": {"AUTHORIZATION": "Bearer x"}}, ("headers",)),
        ({"headers": {"Accept": "a\r\nCookie: b"}}, ("headers",)),
        ({"headers": {"Host": "elsewhere"}}, ("headers",)),
        ({"auth": {"secret": "the key itself"}}, ("auth", "secret")),
        ({"columns": []}, ("columns",)),
        ({"columns": [TEXT | {"type": "money"}]}, ("columns", 0, "type")),
        ({"columns": [TEXT | {"unit": "USD"}]}, ("columns", 0, "unit")),
        ({"columns": [TEXT, TEXT]}, ()),
        ({"records": "data"}, ("records",)),
        ({"max_bytes": 0}, ("max_bytes",)),
        ({"format": "csv", "records": "/data"}, ()),
        ({"format": "csv", "columns": [TEXT | {"pointer": "/a"}]}, ()),
        ({"delimiter": ";"}, ()),
    ],
    "log_decode": [
        ({"abi": []}, ("abi",)),
        ({"abi": "Transfer(address,address,uint256)"}, ("abi",)),
        ({"abi": [EVENT | {"type": "function"}]}, ("abi", 0, "type")),
        ({"abi": [EVENT | {"outputs": []}]}, ("abi", 0, "outputs")),
        ({"abi": [EVENT | {"anonymous": True}]}, ("abi", 0, "anonymous")),
        ({"abi": [EVENT | {"inputs": indexed(4)}]}, ("abi", 0)),
        ({"abi": [EVENT | {"inputs": [{"type": "uint257"}]}]}, ("abi", 0, "inputs", 0, "type")),
        ({"abi": [EVENT | {"inputs": [{"type": "bytes33"}]}]}, ("abi", 0, "inputs", 0, "type")),
        ({"abi": [EVENT | {"inputs": [{"type": "tuple[]"}]}]}, ("abi", 0, "inputs", 0)),
        ({"abi": [EVENT | {"inputs": [{"type": "bool", "components": [{"type": "bool"}]}]}]}, ("abi", 0, "inputs", 0)),
        ({"abi": [EVENT | {"inputs": [{"type": "uint256[0]"}]}]}, ("abi", 0, "inputs", 0, "type")),
        ({"abi": [EVENT | {"inputs": [{"type": "fixed7x1"}]}]}, ("abi", 0, "inputs", 0, "type")),
        ({"abi": [EVENT | {"inputs": [{"name": "Address", "type": "bool"}]}]}, ()),
        ({"abi": [EVENT | {"inputs": [{"name": "a", "type": "bool"}, {"name": "A", "type": "bool"}]}]}, ()),
        ({"abi": [EVENT, EVENT]}, ()),
        ({"contracts": ["0x0"]}, ("contracts", 0)),
        ({"on_unknown": "fail"}, ()),
    ],
}  # fmt: skip
