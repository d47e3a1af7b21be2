"""A beacon node over real HTTP with a chain made of a seed: there is no consensus client that runs here, and a network of them would take hours to finalise."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import Any
from urllib.parse import parse_qs, urlsplit

SLOTS = 4
NEVER = str(2**64 - 1)


@dataclass
class BeaconChain:
    """`missed`: slots without a block. `idle`: who did not attest, by epoch. Whoever is slashed loses each epoch."""

    seed: int = 7
    validators: int = 6
    finalized: int = 12
    missed: set[int] = field(default_factory=set)
    idle: dict[int, set[int]] = field(default_factory=dict)
    slashed: set[int] = field(default_factory=set)
    exited: dict[int, int] = field(default_factory=dict)
    oldest_epoch: int = 0
    is_optimistic: bool = False
    is_final: bool = True
    asked: list[str] = field(default_factory=list)

    # What happened, for a test to compare with

    def proposers(self, epoch: int) -> dict[int, int]:
        draw = Random(self.seed * 1_000 + epoch)
        return {slot: draw.randrange(self.validators) for slot in range(epoch * SLOTS, (epoch + 1) * SLOTS)}

    def attested(self, epoch: int, index: int) -> dict[str, int]:
        if index in self.idle.get(epoch, ()) or index in self.slashed:
            return {"head": 0, "source": -2_500, "target": -4_600, "inactivity": 0}
        return {"head": 2_800 + index, "source": 2_700, "target": 5_100, "inactivity": 0}

    def block_reward(self, slot: int) -> int:
        return 40_000_000 + slot

    def sync_reward(self, slot: int, index: int) -> int:
        return -900 if index in self.slashed else 20 + slot % 3

    def reward(self, epoch: int, index: int) -> int:
        blocks = [(slot, who) for slot, who in self.proposers(epoch).items() if slot not in self.missed]
        return (
            sum(self.attested(epoch, index).values()) + sum(self.block_reward(slot) for slot, who in blocks if who == index)
            + sum(self.sync_reward(slot, index) for slot, _ in blocks)
        )  # fmt: skip

    # What the API answers

    def answer(self, path: str, query: dict[str, list[str]], ask: Any) -> tuple[int, Any]:
        parts = path.removeprefix("/eth/v1/").split("/")
        if (known := self._of_itself("/".join(parts))) is not None:
            return 200, {"data": known}
        if parts[:2] == ["beacon", "rewards"]:
            return self._rewards(parts[2], int(parts[3]), ask)
        match parts:
            case ["beacon", "states", slot, "validators"]:
                return self._of_epoch(int(slot) // SLOTS, lambda epoch: self._validators(epoch, query, ask))
            case ["validator", "duties", "proposer", epoch]:
                return self._of_epoch(int(epoch), self._duties)
            case ["beacon", "headers", slot]:
                return self._of_slot(int(slot), {"canonical": True})
        return 404, {"code": 404, "message": "no such path"}

    def _of_itself(self, path: str) -> Any:
        return {
            "config/spec": {"SLOTS_PER_EPOCH": str(SLOTS), "DEPOSIT_CHAIN_ID": "1"},
            "node/syncing": {"head_slot": "99", "is_syncing": False},
            "node/version": {"version": "Seeded/1"},
            "beacon/headers/head": {"root": "0xaa"},
            "beacon/states/head/finality_checkpoints": {"finalized": {"epoch": str(self.finalized), "root": "0x00"}},
        }.get(path)

    def _rewards(self, kind: str, place: int, ask: Any) -> tuple[int, Any]:
        chosen = [int(one) for one in ask] if ask else list(range(self.validators))
        if kind == "blocks":
            return self._of_slot(place, {"total": str(self.block_reward(place))})
        if kind == "sync_committee":
            return self._of_slot(place, [{"validator_index": str(n), "reward": str(self.sync_reward(place, n))} for n in chosen])
        return self._of_epoch(
            place, lambda epoch: {"ideal_rewards": [], "total_rewards": [self._attestation(epoch, n) for n in chosen]}
        )

    def _attestation(self, epoch: int, index: int) -> dict[str, str]:
        return {"validator_index": str(index)} | {name: str(value) for name, value in self.attested(epoch, index).items()}

    def _validators(self, epoch: int, query: dict[str, list[str]], ask: Any) -> list[Any]:
        found = [self._validator(n, epoch) for n in range(self.validators) if ask is None or str(n) in ask["ids"]]
        return [one for one in found if "status" not in query or one["status"].startswith(query["status"][0])]

    def _validator(self, index: int, epoch: int) -> dict[str, Any]:
        ends = self.exited.get(index)
        is_over = ends is not None and ends <= epoch
        status = "exited_unslashed" if is_over else "active_slashed" if index in self.slashed else "active_ongoing"
        return {"index": str(index), "balance": "32000000001", "status": status, "validator": {
            "pubkey": f"0x{index:096x}", "effective_balance": "32000000000", "slashed": index in self.slashed,
            "activation_epoch": "0", "exit_epoch": str(ends) if ends is not None else NEVER, "withdrawable_epoch": NEVER,
        }}  # fmt: skip

    def _duties(self, epoch: int) -> list[Any]:
        return [{"pubkey": "0x00", "slot": str(slot), "validator_index": str(who)} for slot, who in self.proposers(epoch).items()]

    def _of_epoch(self, epoch: int, data: Any) -> tuple[int, Any]:
        if epoch < self.oldest_epoch:
            return 404, {"code": 404, "message": "State not found"}
        return 200, {"execution_optimistic": self.is_optimistic, "finalized": self.is_final, "data": data(epoch)}

    def _of_slot(self, slot: int, data: Any) -> tuple[int, Any]:
        if slot in self.missed:
            return 404, {"code": 404, "message": "NOT_FOUND: beacon block"}
        return 200, {"execution_optimistic": self.is_optimistic, "finalized": self.is_final, "data": data}


class BeaconServer:
    def __init__(self, chain: BeaconChain) -> None:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                length, split = int(self.headers.get("Content-Length") or 0), urlsplit(self.path)
                ask = json.loads(self.rfile.read(length)) if length else None
                chain.asked.append(split.path)
                status, said = chain.answer(split.path, parse_qs(split.query), ask)
                body = json.dumps(said).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_GET  # noqa: N815  the base class names it

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class names it
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
