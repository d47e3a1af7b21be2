"""Free ports on loopback: the one asked for if it is free, else another."""

from __future__ import annotations

import secrets
import socket
import weakref

from workers.supervisor.errors import StackError

LOOPBACK = "127.0.0.1"
# Below 32,768, where the kernel takes the ports of outgoing connections: one of those could be ours a moment later.
LOWEST, HIGHEST = 12_000, 32_000
# SeaweedFS puts its gRPC ports this far above the others.
GRPC_ABOVE = 10_000


class Ports:
    """Hands out each port once, and to one stack of this machine: a server opens its port seconds after it is chosen."""

    def __init__(self) -> None:
        self._claims: list[socket.socket] = []
        weakref.finalize(self, _let_go, self._claims)

    def near(self, wanted: int, *, span: int = 200) -> int:
        """`wanted`, or the next free one after it; 0 means any."""
        if wanted == 0:
            return self.any()
        for port in range(wanted, min(wanted + span, 65_536)):
            if self._take(port):
                return port
        raise StackError(
            f"None of the ports {wanted} to {wanted + span - 1} on {LOOPBACK} is free.",
            remedy="Choose another with TRACE_PUBLIC_PORT or TRACE_INTERNAL_PORT.",
        )

    def any(self, *, with_grpc: bool = False) -> int:
        """A free port; `with_grpc` keeps the one 10,000 above it free as well."""
        # From a random place on: two stacks that start together should not race for the same port.
        count = HIGHEST - LOWEST - (GRPC_ABOVE if with_grpc else 0)
        start = secrets.randbelow(count)
        for step in range(count):
            port = LOWEST + (start + step) % count
            # Both or neither; a second port that is taken leaves the first unused.
            if self._take(port) and (not with_grpc or self._take(port + GRPC_ABOVE)):
                return port
        raise StackError("No port on loopback is free.", remedy="Stop some of the programs that listen on this machine.")

    def _take(self, port: int) -> bool:
        if not is_free(port) or not (claim := _claim(port)):
            return False
        self._claims.append(claim)
        return True


def is_free(port: int) -> bool:
    """Asked on loopback alone: the kernel refuses it as well where a program listens on every address."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def _claim(port: int) -> socket.socket | None:
    """A name of the kernel's that one process holds and that is free again when it ends, however it ends."""
    claim = socket.socket(socket.AF_UNIX)
    try:
        claim.bind(f"\0trace-port-{port}")
    except OSError:
        claim.close()
        return None
    return claim


def _let_go(claims: list[socket.socket]) -> None:
    for claim in claims:
        claim.close()
