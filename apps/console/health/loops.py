"""The loops of the dispatcher: when each ran last, whether that is too long ago, and how much it has left to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from apps.console.health.bounded import Outcome
from apps.console.health.servers import broker
from apps.platform.config import Config
from apps.platform.loops import LoopRun, read_runs

# Times its interval, and at least: a restart or a deploy is not late yet.
_PATIENCE, _SHORTEST_SECONDS = 2.5, 60.0


@dataclass(frozen=True)
class Loop:
    """`backlog`: what is due and not done yet; None where nobody counts it, or may know it."""

    name: str
    every_seconds: float
    last: LoopRun | None
    backlog: int | None
    now: datetime

    @property
    def ran_at(self) -> datetime | None:
        return datetime.fromtimestamp(self.last.at, tz=UTC) if self.last else None

    @property
    def is_late(self) -> bool:
        patience = max(self.every_seconds * _PATIENCE, _SHORTEST_SECONDS)
        return self.last is not None and self.now.timestamp() - self.last.at > patience

    @property
    def state(self) -> tuple[str, str]:
        """What a badge shows, and its word."""
        if self.last is None:
            return "waiting", "Not yet"
        if self.is_late:
            return "failed", "Late"
        return ("ok", "On time") if self.last.is_well else ("failed", "Failed")

    @property
    def badge(self) -> str:
        return self.state[0]

    @property
    def word(self) -> str:
        return self.state[1]


def ask_loops(config: Config) -> dict[str, tuple[float, LoopRun | None]]:
    with broker(config) as asked:
        return read_runs(asked)


def loops_of(outcome: Outcome, backlogs: Mapping[str, int], *, now: datetime) -> list[Loop] | None:
    """None: the broker did not say."""
    if outcome.error or not isinstance(outcome.value, dict):
        return None
    return [
        Loop(name, every, last, backlogs.get(name), now) for name, (every, last) in sorted(outcome.value.items())
    ]  # fmt: skip
