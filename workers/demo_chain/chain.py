"""What the demo does to its node. Every call is JSON-RPC to loopback."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

Call = tuple[str, list[Any]]
_GAS, _DEPLOY_GAS = 200_000, 3_000_000
_MINT, _TRANSFER = "0x40c10f19", "0xa9059cbb"
_WEI, _TOKEN = 10**18, 10**18


class NodeRefused(Exception):
    """The node's own words."""


@dataclass
class DemoChain:
    """`token_file` keeps where the token lies, as long as the chain has it."""

    url: str
    token_file: Path
    bytecode: str
    chance: random.Random = field(default_factory=random.Random)

    def __post_init__(self) -> None:
        self._http = httpx.Client(trust_env=False, timeout=60)
        self._accounts: list[str] = []
        self._token = ""

    @property
    def head(self) -> int:
        return int(self._ask([("eth_blockNumber", [])])[0], 16)

    def prepare(self) -> None:
        """Accounts with means, and the token; again after a node that forgot."""
        self._accounts = self._ask([("eth_accounts", [])])[0]
        self._token = self.token_file.read_text() if self.token_file.exists() else ""
        if not self._token or self._ask([("eth_getCode", [self._token, "latest"])])[0] == "0x":
            self._token = self._deployed()
            self.token_file.write_text(self._token)

    def mine(self, most: int) -> None:
        """A block with up to so many transactions."""
        count = min(self.chance.randrange(most + 1), self.chance.randrange(most + 1))
        senders = [self.chance.choice(self._accounts) for _ in range(count)]
        nonces = self._nonces(sorted(set(senders)))
        calls: list[Call] = []
        for sender in senders:
            calls.append(self._sent(sender, nonces[sender]))
            nonces[sender] += 1
        self._ask([*calls, ("evm_mine", [])])

    def reorg(self, depth: int) -> None:
        """The last blocks are others, each with a transaction of its own in place of what it had."""
        depth = min(depth, self.head - 1)
        if depth > 0:
            sent = {
                "from": self._accounts[0],
                "to": self._accounts[1],
                "value": hex(self.chance.randrange(1, _WEI)),
                "gas": hex(21_000),
                "gasPrice": "0x0",
            }
            self._ask([("anvil_reorg", [depth, [[sent, 0]]])])

    def _sent(self, sender: str, nonce: int) -> Call:
        to = self.chance.choice(self._accounts)
        call = {"from": sender, "gas": hex(_GAS), "gasPrice": "0x0", "nonce": hex(nonce)}
        kind = self.chance.random()
        if kind < 0.4:
            return "eth_sendTransaction", [{**call, "to": to, "value": hex(self.chance.randrange(1, _WEI // 1000))}]
        # Who has no tokens yet is reverted, as it happens on any chain.
        selector = _MINT if kind < 0.65 else _TRANSFER
        amount = self.chance.randrange(1, 100 * _TOKEN)
        return "eth_sendTransaction", [{**call, "to": self._token, "data": f"{selector}{to[2:]:0>64}{amount:064x}"}]

    def _deployed(self) -> str:
        sender = self._accounts[0]
        sent = {"from": sender, "data": self.bytecode, "gas": hex(_DEPLOY_GAS), "gasPrice": "0x0"}
        made, _ = self._ask([("eth_sendTransaction", [sent]), ("evm_mine", [])])
        receipt = self._ask([("eth_getTransactionReceipt", [made])])[0]
        return str(receipt["contractAddress"])

    def _nonces(self, accounts: Sequence[str]) -> dict[str, int]:
        said = self._ask([("eth_getTransactionCount", [account, "pending"]) for account in accounts])
        return {account: int(one, 16) for account, one in zip(accounts, said, strict=True)}

    def _ask(self, calls: Sequence[Call]) -> list[Any]:
        if not calls:
            return []
        body = [
            {"jsonrpc": "2.0", "id": number, "method": method, "params": params} for number, (method, params) in enumerate(calls)
        ]
        answers = {one["id"]: one for one in self._http.post(self.url, json=body).raise_for_status().json()}
        for number, (method, _) in enumerate(calls):
            if "error" in answers[number]:
                raise NodeRefused(f"{method}: {answers[number]['error'].get('message')}")
        return [answers[number]["result"] for number in range(len(calls))]
