"""What a running operator sees. It never sees the web application, a database of ours, or another task."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar

from operators.sdk.config import Config
from operators.sdk.words import Keeping, Reason

if TYPE_CHECKING:
    from operators.sdk.feeds import FeedAnswer, FeedRequest
    from operators.sdk.hot import Hot
    from operators.sdk.inputs import InputPartition, Inputs
    from operators.sdk.rpc import Rpc
    from operators.sdk.store import Store
    from operators.sdk.tables import Buffer, Replacement, Table

Level = Literal["debug", "info", "warning", "error"]
C_co = TypeVar("C_co", bound=Config, covariant=True)
C_contra = TypeVar("C_contra", bound=Config, contravariant=True)


@dataclass(frozen=True)
class Range:
    """Blocks from `start` to `end`, both inclusive."""

    start: int
    end: int

    @property
    def key(self) -> str:
        """As partition keys are written: decimal, without padding."""
        return f"{self.start}-{self.end}"


@dataclass(frozen=True)
class Event:
    """What an output says is there: everything up to a cursor, or a partition. `data` belongs to what made a trigger fire."""

    output: int
    cursor: int | None = None
    range: Range | None = None
    data: Mapping[str, Any] | None = None
    # Of a partition that is no range: its key, as it is.
    partition_key: str | None = None


@dataclass(frozen=True)
class Arrived:
    """What a task was made for: the event of one of its inputs. With `invalidation` what it names was there already and does not
    hold any more: make again what was made of it.
    """

    input: int
    event: Event
    invalidation: Reason | None = None


@dataclass(frozen=True)
class Request:
    """A delivery to a webhook: its id, or the hash of its body where the sender gave none, and the body as it came."""

    id: str
    body: bytes


@dataclass(frozen=True)
class Fired:
    """What started one run of a source. `at` is the scheduled instant of a tick, else when it was asked for: never a reading
    of the worker's clock, so that another attempt sees the same.
    """

    at: datetime
    range: Range | None = None
    request: Request | None = None


class State(Protocol):
    """What a job remembers from task to task, as JSON. A stale attempt cannot write it."""

    def get(self) -> Any:
        """None before the first `set`."""

    def set(self, value: Any) -> None:
        """Kept with the task's completion, or before it: emit first, so that what is lost in between is emitted again."""


class Log(ABC):
    """Lines of the attempt: `task.log.info("42 rows read", table="blocks")`. Kept with it, and shown while it runs."""

    @abstractmethod
    def write(self, level: Level, text: str, values: Mapping[str, object]) -> None: ...

    def debug(self, text: str, **values: object) -> None:
        self.write("debug", text, values)

    def info(self, text: str, **values: object) -> None:
        self.write("info", text, values)

    def warning(self, text: str, **values: object) -> None:
        self.write("warning", text, values)

    def error(self, text: str, **values: object) -> None:
        self.write("error", text, values)


class TaskContext(Protocol[C_co]):
    """One attempt of one task."""

    @property
    def attempt(self) -> int:
        """1 for the first."""

    @property
    def config(self) -> C_co:
        """As the job's operator declared it, already checked."""

    @property
    def arrived(self) -> Sequence[Arrived]:
        """Empty for a source."""

    @property
    def fired(self) -> Fired | None:
        """None for a reactive job and for a source that never ends."""

    @property
    def state(self) -> State: ...

    @property
    def resets_outputs(self) -> bool:
        """Its DAG says that a source begins with nothing: what an earlier definition of it wrote goes, where there is no state yet."""

    @property
    def inputs(self) -> Inputs:
        """By number: what its inputs keep as Parquet, as it was when the attempt began."""

    @property
    def store(self) -> Store:
        """Where partitions are written, of outputs that are kept as Parquet."""

    def keeping(self, output: int) -> Keeping:
        """How the output is kept, which its DAG says: what to write it with."""

    @property
    def buffer(self) -> Buffer:
        """Where rows are written, of outputs that a sink brings into their tables."""

    def table(self, output: int) -> Table:
        """The table of an output that the task writes itself."""

    def replace(self, changes: Sequence[Replacement]) -> None:
        """Several of those tables in one transaction: whoever reads them together sees all of it or nothing. Raises as `Table` does."""

    def hot(self, dataset: str) -> Hot:
        """The table of a dataset that the config names, to read it. Raises ConfigurationError for another one."""

    def rpc(self, pool: str) -> Rpc:
        """The chain behind a pool that the config names. Raises ConfigurationError for another one."""

    def fetch(self, request: FeedRequest) -> FeedAnswer:
        """The feed that the config names, through the gateway. Raises ConfigurationError where its host is not approved for the org or
        may not be called, InputError for an answer that is too long, and Retry where it does not come whole.
        """

    def secret(self, name: str) -> str:
        """One that the job lists. Raises ConfigurationError for another."""

    @property
    def log(self) -> Log: ...

    @property
    def cancelled(self) -> bool:
        """True once the platform asked to stop. Look often and return soon: after a grace time the process is killed."""

    def emit(self, event: Event) -> None:
        """At least once: whoever consumes it must bear it twice. Sent when the task completes, or at the next `flush`."""

    def invalidate(self, output: int, scope: Range | str, reason: Reason) -> None:
        """What the output said of these blocks, or of the partition of that key, does not hold any more: whoever consumes it
        does it again. Sent in order with what is emitted.
        """

    def dispute(self, partition: InputPartition) -> None:
        """What the task reads there is wrong: whoever makes this partition makes it again, once the task has completed. Of the same
        partition not more than a few times a day.
        """

    def metric(self, name: str, value: float) -> None:
        """A number of the attempt; the last value of a name stays."""

    def progress(self, done: int, total: int | None = None, note: str = "") -> None:
        """How far it is. Cheap to call often: only the newest is shown, every few seconds."""

    def flush(self) -> None:
        """For sources that never end: what was buffered and emitted, and the state, are accepted when this returns."""

    def wait(self, seconds: float) -> None:
        """Sleep, but return at once when cancelled."""


class Operator(Protocol[C_contra]):
    """Does the work of one task. Returning is success; raising is a failed attempt."""

    def run(self, task: TaskContext[C_contra]) -> None: ...
