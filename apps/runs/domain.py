"""What somebody asks for of an org's tasks, and how a task and all below it are told. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from apps.dispatch.domain import Cause, Status
from apps.platform.errors import BadInput, Invalid

# A list is counted up to here, and says `10,000+` beyond.
MOST_COUNTED = 10_000
# Failed, and nobody tries it again: what a person has to look at.
DEAD = "dead"
# Failed, and tried again by itself.
RETRYING, WAITING = "retrying", "waiting"
STATES = (*[one.value for one in Status], RETRYING, WAITING, DEAD)
FILTERS = ("dag", "job", "status", "cause", "version", "root", "since", "until", "block")
LAST_BLOCK = 2**63 - 1
_NUMBER = re.compile(r"[0-9]{1,19}")

Blocks = tuple[int, int]


@dataclass(frozen=True)
class Wanted:
    """Every part that is given has to hold. `blocks`: tasks whose range overlaps it."""

    dag: str = ""
    job: str = ""
    status: str = ""
    cause: str = ""
    version: int | None = None
    root: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    blocks: Blocks | None = None

    @property
    def is_empty(self) -> bool:
        return self == Wanted()

    @property
    def is_about_tasks(self) -> bool:
        """What a run itself does not have, or what is rarely asked of the task that began it."""
        return bool(self.status or self.job or self.root or self.blocks)

    @property
    def told(self) -> dict[str, object]:
        """For the audit log."""
        given = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: _plain(value) for name, value in given.items() if value not in {"", None}}


def _plain(value: object) -> object:
    return "-".join(str(one) for one in value) if isinstance(value, tuple) else str(value)


def read_wanted(given: Mapping[str, str]) -> Wanted:
    """From an address or a body; what cannot be read is refused, so that nothing is taken for less than it asked."""
    said = {name: str(given.get(name) or "").replace("\0", "").strip() for name in FILTERS}
    return Wanted(
        dag=said["dag"], job=said["job"], status=_one_of("status", said["status"], STATES),
        cause=_one_of("cause", said["cause"], [one.value for one in Cause]), version=_version(said["version"], said["dag"]),
        root=_root(said["root"]), since=_instant("since", said["since"]), until=_instant("until", said["until"]),
        blocks=read_blocks(said["block"]),
    )  # fmt: skip


def _one_of(name: str, value: str, words: object) -> str:
    known = [str(word) for word in words]  # type: ignore[attr-defined]
    if value and value not in known:
        raise BadInput(f"`{name}` is one of {', '.join(known)}.", code="bad_filter")
    return value


def _version(text: str, dag: str) -> int | None:
    if not text:
        return None
    if not dag or not _NUMBER.fullmatch(text) or len(text) > 9:
        raise BadInput("`version` is the number of a version of the DAG that `dag` names.", code="bad_filter")
    return int(text)


def _root(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise BadInput("`root` is the id of the task that a run began with.", code="bad_filter") from None


def _instant(name: str, text: str) -> datetime | None:
    """A day means all of it, in UTC."""
    if not text:
        return None
    try:
        if len(text) == len("2026-01-31"):
            begins = datetime.combine(date.fromisoformat(text), time(), tzinfo=UTC)
            return begins if name == "since" else begins + timedelta(days=1)
        instant = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        instant = None
    if instant is None or instant.tzinfo is None:
        words = f"`{name}` is a day or an instant with its zone, like 2026-01-31 or 2026-01-31T00:00:00Z."
        raise BadInput(words, code="bad_filter")
    return instant


def read_blocks(text: str) -> Blocks | None:
    """`17` or `17-20`."""
    if not text:
        return None
    start, _, end = text.partition("-")
    if not (_NUMBER.fullmatch(start) and (not end or _NUMBER.fullmatch(end)) and text != f"{start}-"):
        raise BadInput("`block` is a block or a range of them, like 17 or 17-20.", code="bad_filter")
    return checked_blocks(int(start), int(end or start))


def checked_blocks(start: int, end: int) -> Blocks:
    if not 0 <= start <= end <= LAST_BLOCK:
        raise Invalid("A range begins at a block from 0 and does not end before it begins.", code="bad_range")
    return start, end


def first_id_at(instant: datetime) -> UUID:
    """Ids are in the order of time: no task of this millisecond or later has a lower one."""
    milliseconds = min(max(0, int(instant.timestamp() * 1000)), 2**48 - 1)
    return UUID(int=(milliseconds << 80) | (0x7 << 76) | (0x2 << 62))


@dataclass(frozen=True)
class Tally:
    """How many tasks are in which state; of a large run only the first ones were counted."""

    queued: int = 0
    running: int = 0
    retrying: int = 0
    # They come back when it is time, and nothing went wrong.
    waiting: int = 0
    completed: int = 0
    failed: int = 0
    canceled: int = 0
    is_capped: bool = False
    last_ended_at: datetime | None = None

    @property
    def total(self) -> int:
        return self.open + self.completed + self.failed + self.canceled

    @property
    def open(self) -> int:
        return self.queued + self.running + self.retrying + self.waiting

    @property
    def ended_at(self) -> datetime | None:
        """When the last of them was over; None while one is not."""
        return None if self.open else self.last_ended_at

    @property
    def state(self) -> str:
        """One word for all of them, as a status of a task."""
        if self.open:
            return Status.RUNNING if self.running or self.completed or self.failed else Status.QUEUED
        if self.failed:
            return Status.FAILED
        return Status.CANCELED if self.canceled else Status.COMPLETED
