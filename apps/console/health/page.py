from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from apps.accounts.models import Person
from apps.console.health import state
from apps.console.health.bounded import BoundedChecks
from apps.console.health.loops import Loop, ask_loops, loops_of
from apps.console.health.processes import Process, read_processes
from apps.console.health.servers import SERVERS, Answer, answer_of
from apps.dispatch.models import Worker
from apps.dispatch.selectors import RoundTrip
from apps.outbox.models import Message
from apps.outbox.selectors import Overview
from apps.platform.config import Config
from apps.runs.selectors import Backlogs

_LOOPS, _PUBLISH = "loops", "outbox.publish"
_checks = BoundedChecks(limit_seconds=1)


@dataclass(frozen=True)
class SeenWorker:
    worker: Worker
    is_late: bool


@dataclass(frozen=True)
class Health:
    """One look at the platform. None in a part: it could not be read in time."""

    checked_at: datetime
    servers: list[Answer]
    trip: RoundTrip | None
    outbox: Overview | None
    failed: list[Message]
    workers: list[SeenWorker]
    processes: list[Process] | None
    # Of every org, for platform staff; None to everybody else as well.
    backlogs: Backlogs | None
    # None: the broker did not say.
    loops: list[Loop] | None
    for_staff: bool

    @property
    def has_remedies(self) -> bool:
        """Whether any server's line has something to say beside that it answers."""
        return any(server.text for server in self.servers)

    @property
    def problems(self) -> list[str]:
        return list(self._problems())

    def _problems(self) -> Iterator[str]:
        yield from (f"{server.name} is not answering" for server in self.servers if not server.is_well)
        if self.trip is None or self.outbox is None:
            yield "State database is slow"
        if self.trip and self.trip.is_late:
            yield "Probe is late"
        if self.outbox and self.outbox.failed:
            yield "1 message failed for good" if self.outbox.failed == 1 else f"{self.outbox.failed} messages failed for good"
        yield from (loop.problem for loop in self.loops or [] if loop.problem)
        yield from (f"{process.name} is {process.state}" for process in self.processes or [] if not process.is_well)


def take_health(person: Person, *, config: Config, now: datetime) -> Health:
    """What the person may see: payloads and error texts are for platform staff."""
    for_staff = person.is_platform_staff
    asked = {server.key: server for server in SERVERS if not server.not_visible(config)}
    outcomes = _checks.run({
        **{key: partial(server.check, config) for key, server in asked.items()}, _LOOPS: partial(ask_loops, config),
    })  # fmt: skip
    outbox = state.overview()
    return Health(
        checked_at=now,
        servers=[_state_answer(), *(answer_of(server, outcomes.get(server.key), config) for server in SERVERS)],
        trip=state.round_trip(config, now=now),
        outbox=outbox,
        failed=state.failed_messages() if for_staff else [],
        workers=_seen_workers(config, now=now),
        processes=read_processes(config.processes_file),
        backlogs=state.backlogs() if for_staff else None,
        loops=loops_of(outcomes[_LOOPS], _due(outbox) if for_staff else {}, now=now),
        for_staff=for_staff,
    )


def _due(outbox: Overview | None) -> dict[str, int]:
    return state.loop_backlogs() | ({_PUBLISH: outbox.pending} if outbox else {})


def _state_answer() -> Answer:
    given = ("state", "State database", "database")
    milliseconds = state.answer_milliseconds()
    if milliseconds is None:
        return Answer(*given, "failed", "Not answering", text="Everything waits for it. Start it, or correct TRACE_STATE_DSN.")
    return Answer(*given, "ok", "Answering", milliseconds=round(milliseconds, 1))


def _seen_workers(config: Config, *, now: datetime) -> list[SeenWorker]:
    # A worker is heard of when a probe reaches it; with several of them each gets only its share.
    patience = timedelta(seconds=config.probe_interval_seconds * 8)
    return [SeenWorker(worker, is_late=now - worker.last_seen_at > patience) for worker in state.workers()]
