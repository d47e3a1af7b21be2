"""Containers and functions in memory, to be told what becomes of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from apps.platform.json import Json
from apps.platform.ports.containers import UNKNOWN, Container, Phase, State


@dataclass
class Cluster:
    """`refuse` may raise for a container that is asked for."""

    refuse: Callable[[Container], None] = lambda _: None
    started: list[Container] = field(default_factory=list)
    by_token: dict[str, str] = field(default_factory=dict)
    found: dict[str, State] = field(default_factory=dict)
    stopped: dict[str, str] = field(default_factory=dict)
    looks: int = 0

    def run(self, container: Container) -> str:
        self.refuse(container)
        if container.token not in self.by_token:
            self.started.append(container)
            handle = f"c{len(self.started)}"
            self.by_token[container.token], self.found[handle] = handle, State(Phase.RUNNING)
        return self.by_token[container.token]

    def stop(self, handle: str, *, reason: str) -> None:
        self.stopped[handle] = reason

    def states(self, handles: Sequence[str]) -> Mapping[str, State]:
        self.looks += 1
        return {handle: self.found.get(handle, UNKNOWN) for handle in handles}

    def ends(self, handle: str, code: int | None = 1, reason: str = "It ended.") -> None:
        self.found[handle] = State(Phase.STOPPED, code, reason)


@dataclass
class Called:
    """`refuse` may raise for a call."""

    refuse: Callable[[int], None] = lambda _: None
    calls: list[tuple[str, Json]] = field(default_factory=list)
    tries: int = 0

    def invoke_event(self, name: str, payload: Json) -> str:
        self.tries += 1
        self.refuse(self.tries)
        self.calls.append((name, payload))
        return f"request-{self.tries}"
