"""What the demo does to its node. Every call is JSON-RPC to loopback."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from operators.sdk.json_rpc import direct
from operators.sdk.rpc import Call
from workers.supervisor.servers.anvil import CHAIN_ID

_GAS, _DEPLOY_GAS = 200_000, 3_000_000
_MINT, _TRANSFER = "0x40c10f19", "0xa9059cbb"
_WEI, _TOKEN = 10**18, 10**18
_NO_CODE = "0x"


class Forgotten(Exception):
    """What was prepared is gone: prepare again."""


@dataclass
class DemoChain:
    """`token_file` keeps where the token lies, as long as the chain has it.

    Raises NodeError for what the node refuses, and Retry for a node that is away.
    """

    url: str
    token_file: Path
    bytecode: str
    chance: random.Random = field(default_factory=random.Random)

    def __post_init__(self) -> None:
        self._rpc = direct(self.url, chain_id=CHAIN_ID)
        self._accounts: list[str] = []
        self._token = ""

    @property
    def head(self) -> int:
        return int(self._rpc.call("eth_blockNumber"), 16)

    def prepare(self) -> None:
        """Accounts with means, and the token; again after a node that forgot."""
        self._accounts = self._rpc.call("eth_accounts")
        self._token = self.token_file.read_text() if self.token_file.exists() else ""
        if not self._token or self._rpc.batch([self._code()]) == [_NO_CODE]:
            self._token = self._deployed()
            self.token_file.write_text(self._token)

    def mine(self, most: int) -> None:
        """A block with up to so many transactions. Raises Forgotten."""
        count = min(self.chance.randrange(most + 1), self.chance.randrange(most + 1))
        senders = [self.chance.choice(self._accounts) for _ in range(count)]
        nonces = self._nonces(sorted(set(senders)))
        calls: list[Call] = []
        for sender in senders:
            calls.append(self._sent(sender, nonces[sender]))
            nonces[sender] += 1
        self._rpc.batch([*calls, Call("evm_mine")])

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
            self._rpc.call("anvil_reorg", [depth, [[sent, 0]]])

    def _sent(self, sender: str, nonce: int) -> Call:
        to = self.chance.choice(self._accounts)
        call = {"from": sender, "gas": hex(_GAS), "gasPrice": "0x0", "nonce": hex(nonce)}
        kind = self.chance.random()
        if kind < 0.4:
            return Call("eth_sendTransaction", [{**call, "to": to, "value": hex(self.chance.randrange(1, _WEI // 1000))}])
        # Who has no tokens yet is reverted, as it happens on any chain.
        selector = _MINT if kind < 0.65 else _TRANSFER
        amount = self.chance.randrange(1, 100 * _TOKEN)
        return Call("eth_sendTransaction", [{**call, "to": self._token, "data": f"{selector}{to[2:]:0>64}{amount:064x}"}])

    def _code(self) -> Call:
        return Call("eth_getCode", [self._token, "latest"])

    def _deployed(self) -> str:
        sender = self._accounts[0]
        sent = {"from": sender, "data": self.bytecode, "gas": hex(_DEPLOY_GAS), "gasPrice": "0x0"}
        made, _ = self._rpc.batch([Call("eth_sendTransaction", [sent]), Call("evm_mine")])
        receipt = self._rpc.call("eth_getTransactionReceipt", [made])
        return str(receipt["contractAddress"])

    def _nonces(self, accounts: Sequence[str]) -> dict[str, int]:
        counts = [Call("eth_getTransactionCount", [account, "pending"]) for account in accounts]
        code, *said = self._rpc.batch([self._code(), *counts])
        # A node may be away and back between two blocks, and have forgotten all.
        if code == _NO_CODE:
            raise Forgotten("it has no token: it is another chain than before")
        return {account: int(one, 16) for account, one in zip(accounts, said, strict=True)}
