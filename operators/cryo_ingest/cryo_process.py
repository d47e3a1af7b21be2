"""cryo, in a process of its own with a folder of its own, and what its files are worth."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from operators.cryo_ingest.config import CryoIngestConfig
from operators.cryo_ingest.naming import network_of
from operators.sdk.chain.asking import Stopped
from operators.sdk.errors import Retry
from operators.sdk.task import Range

_CHILD = Path(__file__).with_name("cryo_child.py")
# Of one run. A request that nobody answers has no end of its own.
TIMEOUT_SECONDS = 1800.0
_LOOK_SECONDS = 0.1
_SUBJECTS = {
    "addresses": "address", "contracts": "contract", "from_addresses": "from_address", "to_addresses": "to_address", "topic0": "topic0",
    "slots": "slot", "call_datas": "call_data",
}  # fmt: skip


class Failed(Retry):
    """cryo ended without all that it was asked for."""


def is_there() -> bool:
    """It is made for some platforms only."""
    return find_spec("cryo") is not None


def run_cryo(
    order: Mapping[str, Any], *, is_cancelled: Callable[[], bool], timeout_seconds: float = TIMEOUT_SECONDS
) -> Mapping[str, int]:
    """How many files it says to have made, skipped and given up. Raises Failed, and Stopped where the task is to end."""
    # Its home is its own: nothing that a process of ours knows goes along.
    environment = {"HOME": str(order["asked"]["output_dir"]), "LANG": "C.UTF-8"}
    with tempfile.TemporaryFile() as complaints, subprocess.Popen(
        [sys.executable, "-I", str(_CHILD)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=complaints, env=environment,
        start_new_session=True, cwd=order["asked"]["output_dir"],
    ) as child:  # fmt: skip
        try:
            said = _talk(child, json.dumps(order).encode() + b"\n", is_cancelled, timeout_seconds)
        finally:
            _end(child)
    if "error" in said:
        raise Failed(f"cryo did not do it: {said['error']}")
    counts: Mapping[str, int] = said["counts"]
    return counts


def _talk(
    child: subprocess.Popen[bytes], order: bytes, is_cancelled: Callable[[], bool], timeout_seconds: float
) -> Mapping[str, Any]:
    if child.stdin is None or child.stdout is None:
        raise Failed("cryo cannot be spoken to")
    try:
        child.stdin.write(order)
        child.stdin.close()
    except OSError as error:
        raise Failed("cryo ended before it began") from error
    until, read = time.monotonic() + timeout_seconds, b""
    with selectors.DefaultSelector() as ready:
        ready.register(child.stdout, selectors.EVENT_READ)
        while not read.endswith(b"\n"):
            if is_cancelled():
                raise Stopped
            if time.monotonic() > until:
                raise Failed(f"cryo was not done after {timeout_seconds:,.0f} seconds: some request was never answered")
            if ready.select(_LOOK_SECONDS):
                if not (some := os.read(child.stdout.fileno(), 65536)):
                    raise Failed(f"cryo ended by itself, with {child.wait()}")
                read += some
    said: Mapping[str, Any] = json.loads(read)
    return said


def _end(child: subprocess.Popen[bytes]) -> None:
    """Also what it started: its session is its own."""
    if child.poll() is None:
        try:
            os.killpg(child.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
    child.wait()


def order_of(
    config: CryoIngestConfig, within: Range, *, rpc: str, folder: Path, columns: list[str], careful: bool
) -> dict[str, Any]:
    """What the child is told. `careful`: after a failure, with less at once."""
    asked: dict[str, Any] = {
        # Its end is exclusive.
        "blocks": [f"{within.start}:{within.end + 1}"], "chunk_size": config.chunk_size, "rpc": rpc, "output_dir": str(folder),
        # What lies there may be of a fork that is gone.
        "overwrite": True, "network_name": network_of(config.chain_id), "compression": ["lz4"], "u256_types": list(config.u256_types),
    }  # fmt: skip
    asked |= {"columns": columns} if columns else {}
    asked |= {"include_columns": list(config.include_columns)} if config.include_columns and not columns else {}
    asked |= {"exclude_columns": list(config.exclude_columns)} if config.exclude_columns and not columns else {}
    for ours, theirs in _SUBJECTS.items():
        if given := getattr(config.subjects, ours):
            asked[theirs] = list(given)
    if config.subjects.js_tracer:
        asked["js_tracer"] = config.subjects.js_tracer
    if careful:
        asked |= {"max_concurrent_requests": 4, "max_concurrent_chunks": 1}
    return {"dataset": config.cryo_dataset_name, "asked": asked}
