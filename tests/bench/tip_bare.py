"""The least that following a chain could be: a websocket, two calls, COPY. No keys, no continuity, no reorgs, nobody told.

`python -m tests.bench.tip_bare NODE_URL DSN`: writes until it is ended; the tables are made, and empty.
"""

from __future__ import annotations

import json
import sys
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import psycopg
from websockets.sync.client import connect

TABLES = {
    "bare_blocks": "number bigint, hash bytea, parent bytea, at bigint, gas bigint, extra bytea",
    "bare_transactions": "number bigint, place int, hash bytea, sender bytea, receiver bytea, value numeric, gas bigint, price numeric, input bytea, ok boolean, block bytea",
    "bare_logs": "number bigint, place int, hash bytea, address bytea, topics text, data bytea, block bytea",
}


def main(url: str, dsn: str) -> None:
    http = HTTPConnection(urlsplit(url).netloc)
    with psycopg.connect(dsn, autocommit=True) as connection, connect(url.replace("http", "ws", 1), max_size=None) as socket:
        socket.send(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "eth_subscribe", "params": ["newHeads"]}))
        socket.recv()
        print("listening", flush=True)
        while True:
            number = json.loads(socket.recv())["params"]["result"]["number"]
            write(connection, *fetch(http, number))


def fetch(http: HTTPConnection, number: str) -> tuple[Any, Any]:
    calls = [("eth_getBlockByNumber", [number, True]), ("eth_getBlockReceipts", [number])]
    body = [{"jsonrpc": "2.0", "id": place, "method": method, "params": params} for place, (method, params) in enumerate(calls)]
    http.request("POST", "/", json.dumps(body), {"Content-Type": "application/json"})
    block, receipts = json.loads(http.getresponse().read())
    return block["result"], receipts["result"]


def write(connection: psycopg.Connection, block: Any, receipts: Any) -> None:
    number, mark = int(block["number"], 16), binary(block["hash"])
    blocks = [
        (
            number,
            mark,
            binary(block["parentHash"]),
            int(block["timestamp"], 16),
            int(block["gasUsed"], 16),
            binary(block["extraData"]),
        )
    ]
    sent: list[Any] = [
        (number, place, binary(one["hash"]), binary(one["from"]), binary(one["to"]), int(one["value"], 16), int(receipt["gasUsed"], 16),
         int(receipt["effectiveGasPrice"], 16), binary(one["input"]), "t" if receipt["status"] == "0x1" else "f", mark)
        for place, (one, receipt) in enumerate(zip(block["transactions"], receipts, strict=True))
    ]  # fmt: skip
    logs: list[Any] = [
        (number, int(log["logIndex"], 16), binary(log["transactionHash"]), binary(log["address"]), ",".join(log["topics"]), binary(log["data"]), mark)
        for receipt in receipts for log in receipt["logs"]
    ]  # fmt: skip
    with connection.transaction():
        for table, rows in zip(TABLES, [blocks, sent, logs], strict=True):
            with connection.cursor().copy(f"COPY {table} FROM STDIN") as copy:
                copy.write("".join("\t".join(map(str, row)) + "\n" for row in rows))


def binary(text: str | None) -> str:
    """As COPY takes it, without a look at what it is."""
    return "\\N" if text is None else "\\\\x" + text[2:]


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
