"""The store of a real task: partitions go to the attempt's own places, with keys that the platform mints for each."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from operators.sdk.declaration import Declaration
from operators.sdk.storing import Partitions, Scope, Slot
from workers.child.frames import Message
from workers.child.wire import Wire, granted

if TYPE_CHECKING:
    from pyarrow.fs import FileSystem

# Keys are good for a quarter of an hour at least: with those of this age a file may still be written for ten minutes.
KEYS_SECONDS = 300.0
# Of one call to the store, together a few seconds of patience with one that is just restarting.
_TRIES = 5
_CONNECT_SECONDS, _ANSWER_SECONDS = 3.0, 30.0


def slots_of(order: Message, declared: Declaration) -> dict[int, Slot]:
    return {slot["output"]: _slot(slot, declared) for slot in order["outputs"]}


def store_of(wire: Wire, order: Message, slots: Mapping[int, Slot]) -> Partitions:
    def place(output: int, scope: Scope) -> MintedPlace:
        wanted = json.dumps([{"output": output, **scope.told()}])
        return MintedPlace(wire, f'"partitions":{wanted}', "this partition", lambda keys: keys["prefixes"][0])

    return Partitions(order["task_id"], order["attempt"], slots, place)


def scratch_of(wire: Wire) -> MintedPlace:
    return MintedPlace(wire, '"scratch":true', "the scratch of this attempt", lambda keys: keys["scratch"])


def _slot(told: Message, declared: Declaration) -> Slot:
    output = declared.output(told["output"])
    columns = tuple(output.columns) if output else ()
    return Slot(told["dataset_uuid"], told["dataset_version"], told["name"], told["storage"], columns, told["write_mode"])


class MintedPlace:
    """A `Place`: asks for keys with the first file, and again for a file that comes much later. `wanted` are members of the
    question, `prefix` finds in the answer where it is.
    """

    def __init__(self, wire: Wire, wanted: str, name: str, prefix: Callable[[Message], str]) -> None:
        self._wire, self._wanted, self._name, self._prefix = wire, wanted, name, prefix
        self._minted_at: float | None = None
        self._filesystem: FileSystem = None
        self._path = ""

    def __call__(self) -> tuple[FileSystem, str]:
        if self._minted_at is None or time.monotonic() > self._minted_at + KEYS_SECONDS:
            self._mint()
        return self._filesystem, self._path

    def _mint(self) -> None:
        asked_at = time.monotonic()
        keys = granted(self._wire.ask({"credentials": self._wanted}), f"The platform gives no keys to {self._name}")["keys"]
        self._filesystem, self._path = filesystem_of(keys), self._prefix(keys).removeprefix("s3://")
        self._minted_at = asked_at


def filesystem_of(keys: Message) -> FileSystem:
    from pyarrow.fs import AwsStandardS3RetryStrategy, S3FileSystem  # noqa: PLC0415  0.1 s that most children never need

    scheme, _, host = keys["endpoint"].rpartition("://")
    return S3FileSystem(
        access_key=keys["access_key_id"], secret_key=keys["secret_access_key"], session_token=keys["session_token"],
        region=keys["region"], scheme=scheme or "https", endpoint_override=host or None, connect_timeout=_CONNECT_SECONDS,
        request_timeout=_ANSWER_SECONDS, retry_strategy=AwsStandardS3RetryStrategy(max_attempts=_TRIES),
        # What is small is one call.
        allow_delayed_open=True,
    )  # fmt: skip
