"""`python -m workers.child SOCKET PERMITS PARENT OPERATOR MEMORY_MB`: started by a worker only, which holds the other ends."""

from __future__ import annotations

import socket
import sys

from workers.child import limits
from workers.child.lines import WireLog, capture_logging
from workers.child.running import Runner
from workers.child.wire import LeaseLost, Wire


def main(descriptor: int, permits: int, parent: int, operator: str, memory_mb: int) -> None:
    limits.die_with(parent)
    limits.adopt_orphans()
    limits.leave_no_core()
    wire = Wire(socket.socket(fileno=descriptor), permits)
    log = WireLog(wire)
    capture_logging(log)
    runner = Runner(wire, log, operator=operator, memory_mb=memory_mb)
    while True:
        try:
            runner.run(wire.next_order())
        except LeaseLost:
            continue  # nobody waits for its end: the worker is about to kill us


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], int(sys.argv[5]))
