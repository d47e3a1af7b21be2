"""Datasets at a terminal."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from apps.platform.ports.objects import ObjectStore
from tests.apps.cli.terminal import Terminal
from tests.apps.datasets.conftest import keeping, keys, signing_keys
from tests.apps.lineage.makers import make_partitions
from tests.factories import Persona

__all__ = ["keeping", "keys", "signing_keys"]

FRESH: dict[str, Any] = {
    "last_changed_at": "2026-03-01T12:00:00Z", "highest_block": 29, "cadence_seconds": 3600, "due_at": "2026-03-01T13:30:00Z",
    "is_late": True, "blocks_behind": 10, "seconds_behind": 120,
}  # fmt: skip
PRICES: dict[str, Any] = {
    "name": "prices", "org": "acme", "owner": None, "is_open": True, "description": "", "storage": "union", "visibility": "org",
    "producers": [], "freshness": FRESH, "columns": [],
    "made_by": [{"dag": "feed", "job": "join", "operator": "query", "datasets": ["trades"], "jobs": ["rates"]}],
    "read_by": [{"dag": "alerts", "job": "high", "operator": "sleep", "by_name": True, "makes": ["spikes"]}],
}  # fmt: skip


def answering(terminal: Terminal, found: dict[str, Any]) -> Terminal:
    """As Trace answers of one without versions of its own."""

    def handle(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/versions"):
            return httpx.Response(400, json={"code": "no_versions", "message": "It has none.", "request_id": "1"})
        return httpx.Response(200, json=found)

    terminal.handler = handle
    return terminal


@pytest.mark.django_db(transaction=True, databases=["default", "data"])
def test_one_is_shown_with_its_versions_and_what_is_around_it(seat: Terminal, writer: Persona, data_bucket: ObjectStore) -> None:
    make_partitions(writer, data_bucket)

    run = seat.run("datasets", "kept_blocks")

    assert run.code == 0, run.err
    lines = run.out.splitlines()
    assert "  kept/chunks → kept/leaf (sleep) → kept_blocks" in lines
    assert "  kept_blocks → no active job that you see" in lines
    assert any("up to block 29" in line for line in lines)
    (version,) = [line for line in lines if "what readers get" in line]
    assert version.split("what readers get")[1].split()[:2] == ["3", "30"]


def test_how_late_it_is_and_one_hop_each_way(terminal: Terminal) -> None:
    run = answering(terminal, PRICES).run("datasets", "prices")

    assert run.out.splitlines() == [
        "prices, owned by nobody",
        "in union, seen by org",
        "last change 2026-03-01 12:00:00 UTC, up to block 29",
        "expected to change every 1 hour: LATE: it was due at 2026-03-01 13:30:00 UTC",
        "behind what it is made of by 10 blocks, 2 minutes",
        "  trades, feed/rates → feed/join (query) → prices",
        "  prices → alerts/high (sleep) → spikes",
    ]


def test_a_description_gives_the_terminal_no_orders(terminal: Terminal) -> None:
    run = answering(terminal, {**PRICES, "description": "red \x1b[31m"}).run("datasets", "prices")

    assert "\x1b" not in run.out and "red" in run.out


def test_to_a_program_it_is_told_as_the_api_tells_it(terminal: Terminal) -> None:
    run = answering(terminal, PRICES).run("datasets", "prices", "--json")

    assert json.loads(run.out) == PRICES
