"""`python -m workers.demo_chain traffic URL CHAIN_DIR BYTECODE_FILE SECONDS TRANSACTIONS`: started by the supervisor.

`python -m workers.demo_chain reorg DEPTH [DATA_DIR]`: a reorg now, on the chain of the stack that runs.
"""

from __future__ import annotations

import json
import random
import signal
import sys
import threading
from pathlib import Path

from operators.sdk.errors import ConfigurationError, Retry
from operators.sdk.rpc import NodeError
from workers.demo_chain.chain import DemoChain, Forgotten
from workers.supervisor.servers.anvil import STATE, TOKEN
from workers.supervisor.servers.chain_state import ChainState

# So many blocks are there from the first start on: who looks at an empty chain learns nothing.
_FIRST_BLOCKS = 120
# A reorg in so many blocks, and how deep: nearly all are one block deep, as elsewhere.
_REORG_IN = 45
_DEPTHS = (1, 1, 1, 2, 2, 3, 5)
# Of one that somebody asks for. Deeper than the demo's follower allows, 32, it shows how that stops.
_DEEPEST = 1_000


def traffic(url: str, chain_dir: str, bytecode_file: str, seconds: str, most: str) -> int:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    chance = random.Random()  # noqa: S311  traffic of a demo
    state = ChainState(Path(chain_dir) / STATE)
    chain = DemoChain(url, Path(chain_dir) / TOKEN, Path(bytecode_file).read_text(), chance)
    has_begun = False
    while not stop.is_set():
        try:
            if not has_begun:
                _begin(chain, int(most))
                has_begun = True
            elif chance.randrange(_REORG_IN) == 0:
                chain.reorg(chance.choice(_DEPTHS))
            chain.mine(int(most))
            state.keep()
        except (ConfigurationError, Forgotten, NodeError, Retry) as error:
            print(f"the chain does not take it: {error}", file=sys.stderr, flush=True)
            has_begun = False
        # Not as a clock ticks: a chain never does.
        stop.wait(float(seconds) * chance.uniform(0.8, 1.2))
    return 0


def _begin(chain: DemoChain, most: int) -> None:
    chain.prepare()
    for _ in range(_FIRST_BLOCKS - chain.head):
        chain.mine(most)


def reorg(depth: str, data_dir: str = ".trace") -> int:
    file = Path(data_dir) / "stack.json"
    try:
        stack = json.loads(file.read_text())
    except FileNotFoundError:
        print(f"No stack runs on {data_dir}; start it with `make up`.", file=sys.stderr)
        return 1
    url = stack["demo"]["chain_rpc"]
    if not url:
        print("This stack has no chain of its own: it was started with DEMO=0.", file=sys.stderr)
        return 1
    if not depth.isdecimal() or not 1 <= int(depth) <= _DEEPEST:
        print(f"DEPTH is a number of blocks from 1 to {_DEEPEST}, and not {depth}.", file=sys.stderr)
        return 2
    chain = DemoChain(url, Path(data_dir) / "chain" / TOKEN, "")
    chain.prepare()
    before = chain.head
    if int(depth) >= before:
        print(f"The chain has {before:,} blocks above its first: a reorg of {depth} would leave none.", file=sys.stderr)
        return 2
    chain.reorg(int(depth))
    print(f"The last {depth} blocks below {before:,} are others now.")
    return 0


if __name__ == "__main__":
    command, *arguments = sys.argv[1:] or [""]
    if command == "traffic":
        sys.exit(traffic(*arguments))
    sys.exit(reorg(*arguments) if command == "reorg" else __doc__)
