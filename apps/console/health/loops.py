"""The loops of the dispatcher: when each ran last, whether that is too long ago, and how much it has left to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from apps.console.health.bounded import Outcome
from apps.console.health.servers import broker
from apps.platform.config import Config
from apps.platform.loops import LoopRun, Scheduled, read_runs

# Times its interval, and at least: a restart or a deploy is not late yet.
_PATIENCE, _SHORTEST_SECONDS = 2.5, 60.0


@dataclass(frozen=True)
class Loop:
    """`backlog`: what is due and not done yet; None where nobody counts it, or may know it."""

    name: str
    scheduled: Scheduled
    backlog: int | None
    now: datetime

    @property
    def every_seconds(self) -> float:
        return self.scheduled.every_seconds

    @property
    def last(self) -> LoopRun | None:
        return self.scheduled.last

    @property
    def ran_at(self) -> datetime | None:
        return datetime.fromtimestamp(self.last.at, tz=UTC) if self.last else None

    @property
    def is_late(self) -> bool:
        """One that never ran is waited for from when it was first told of."""
        waited_since = self.last.at if self.last else self.scheduled.since
        patience = max(self.every_seconds * _PATIENCE, _SHORTEST_SECONDS)
        return waited_since is not None and self.now.timestamp() - waited_since > patience

    @property
    def problem(self) -> str:
        if self.is_late:
            return f"The loop {self.name} is late"
        return f"The last run of the loop {self.name} failed" if self.last and not self.last.is_well else ""

    @property
    def state(self) -> tuple[str, str]:
        """What a badge shows, and its word."""
        if self.is_late:
            return "failed", "Late"
        if self.last is None:
            return "waiting", "Not yet"
        return ("ok", "On time") if self.last.is_well else ("failed", "Failed")

    @property
    def badge(self) -> str:
        return self.state[0]

    @property
    def word(self) -> str:
        return self.state[1]


def ask_loops(config: Config) -> dict[str, Scheduled]:
    with broker(config) as asked:
        return read_runs(asked)


def loops_of(outcome: Outcome, backlogs: Mapping[str, int], *, now: datetime) -> list[Loop] | None:
    """None: the broker did not say."""
    if outcome.error or not isinstance(outcome.value, dict):
        return None
    return [Loop(name, scheduled, backlogs.get(name), now) for name, scheduled in sorted(outcome.value.items())]
