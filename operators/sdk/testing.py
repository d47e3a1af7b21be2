"""Runs an operator without a server: what arrives is given, what it emits is written down. What it reads is given as tables:
`inputs=RecordedInputs({Range(0, 9): table}, key="block_number")`.

task = Recording(RangeSplitterConfig(chunk_size=10), arrived=[Arrived(0, Event(0, range=Range(0, 25)))])
RangeSplitter().run(task)
assert [event.range.key for event in task.emitted] == ["0-9", "10-19", "20-25"]
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, TypeVar

from operators.sdk import storable
from operators.sdk.config import Config
from operators.sdk.errors import ConfigurationError
from operators.sdk.feeds import FeedAnswer, FeedRequest
from operators.sdk.hot import Hot
from operators.sdk.inputs import InputPartition
from operators.sdk.recorded_inputs import RecordedInputs
from operators.sdk.recorded_store import RecordedStore
from operators.sdk.recorded_tables import RecordedBuffer, RecordedTable, RecordedTables
from operators.sdk.rpc import Rpc
from operators.sdk.tables import Replacement
from operators.sdk.task import Arrived, Event, Fired, Level, Log, Range
from operators.sdk.wire import invalidation_text
from operators.sdk.words import Keeping, Reason

C = TypeVar("C", bound=Config)


class RecordingState:
    """Goes through JSON, as it does where it is kept: what JSON cannot hold fails here too."""

    def __init__(self) -> None:
        self._text = "null"

    def get(self) -> Any:
        return json.loads(self._text)

    def set(self, value: Any) -> None:
        self._text = storable.as_json(value, what="The state")


class Line(NamedTuple):
    level: str
    text: str
    values: Mapping[str, object]


class RecordingLog(Log):
    def __init__(self) -> None:
        self.lines: list[Line] = []

    def write(self, level: Level, text: str, values: Mapping[str, object]) -> None:
        self.lines.append(Line(level, text, values))


class Invalidated(NamedTuple):
    output: int
    scope: Range | str
    reason: Reason


class Done(NamedTuple):
    done: int
    total: int | None
    note: str


@dataclass
class Recording(Generic[C]):
    """A `TaskContext`. Give the `state` of one to the next, and they are tasks of the same job.

    A wait takes no time; a task that never ends is ended with `cancel_after`. What it writes lies in a folder of its own: give
    `RecordedStore(DECLARATION.outputs)` to have it checked against the columns that are declared, and
    `RecordedTables(DECLARATION.outputs)` for outputs that are tables.
    """

    config: C
    arrived: Sequence[Arrived] = ()
    fired: Fired | None = None
    state: RecordingState = field(default_factory=RecordingState)
    store: RecordedStore = field(default_factory=RecordedStore)
    buffer: RecordedBuffer = field(default_factory=RecordedBuffer)
    tables: RecordedTables = field(default_factory=RecordedTables)
    # Of outputs that are no partitions.
    keeps: Mapping[int, Keeping] = field(default_factory=dict)
    inputs: RecordedInputs = field(default_factory=RecordedInputs)
    # By name: tables that the config names. `operators.sdk.recorded_hot.RecordedHot` makes one of rows.
    hots: Mapping[str, Hot] = field(default_factory=dict)
    # By pool. `operators.sdk.json_rpc.direct` makes one of a node's address.
    chains: Mapping[str, Rpc] = field(default_factory=dict)
    # What answers in place of the gateway.
    feed: Callable[[FeedRequest], FeedAnswer] | None = None
    secrets: Mapping[str, str] = field(default_factory=dict)
    attempt: int = 1
    resets_outputs: bool = False
    emitted: list[Event] = field(default_factory=list)
    invalidated: list[Invalidated] = field(default_factory=list)
    # Keys of partitions of its inputs that it says are wrong.
    disputed: list[str] = field(default_factory=list)
    # How many of them each flush found accepted.
    flushed: list[int] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    metrics: dict[str, float] = field(default_factory=dict)
    progressed: list[Done] = field(default_factory=list)
    log: RecordingLog = field(default_factory=RecordingLog)
    _left: int | None = None

    def cancel_after(self, steps: int) -> None:
        """Asked to stop after that many more events and waits."""
        self._left = steps

    @property
    def cancelled(self) -> bool:
        return self._left is not None and self._left <= 0

    def keeping(self, output: int) -> Keeping:
        return self.keeps.get(output, Keeping.PARTITIONS)

    def table(self, output: int) -> RecordedTable:
        return self.tables.of(output)

    def replace(self, changes: Sequence[Replacement]) -> None:
        self.tables.replace(changes)

    def hot(self, dataset: str) -> Hot:
        if dataset not in self.config.named_datasets.values():
            raise ConfigurationError(f"The config names no dataset {dataset}; a task reads the tables that its config names.")
        if dataset not in self.hots:
            raise ConfigurationError(f"There is no table {dataset} here; give it to the recording as one of `hots`.")
        return self.hots[dataset]

    def rpc(self, pool: str) -> Rpc:
        if pool not in self.chains:
            raise ConfigurationError(f"There is no pool {pool} here; give it to the recording as one of `chains`.")
        return self.chains[pool]

    def fetch(self, request: FeedRequest) -> FeedAnswer:
        if self.feed is None:
            raise ConfigurationError("There is no feed here; give one to the recording as `feed`.")
        return self.feed(request)

    def secret(self, name: str) -> str:
        if name not in self.secrets:
            raise ConfigurationError(f"There is no secret {name} here; give it to the recording as one of `secrets`.")
        return self.secrets[name]

    def emit(self, event: Event) -> None:
        self.emitted.append(event)
        self._step()

    def invalidate(self, output: int, scope: Range | str, reason: Reason) -> None:
        # What the platform would refuse fails here too.
        invalidation_text(output, scope, reason, {output: ("", "")})
        self.invalidated.append(Invalidated(output, scope, reason))
        self._step()

    def dispute(self, partition: InputPartition) -> None:
        self.disputed.append(partition.key)

    def metric(self, name: str, value: float) -> None:
        self.metrics[storable.name(name, what="The metric")] = storable.number(value, what=f"The metric {name}")

    def progress(self, done: int, total: int | None = None, note: str = "") -> None:
        self.progressed.append(Done(done, total, note))

    def flush(self) -> None:
        self.buffer.send()
        self.flushed.append(len(self.emitted))

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self._step()

    def _step(self) -> None:
        if self._left is not None:
            self._left -= 1
