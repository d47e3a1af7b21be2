"""The inputs of a real task: what was pinned comes page by page, and is opened by keys that only read."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from operators.sdk.errors import ConfigurationError, Retry
from operators.sdk.reading import KeptInput, KeptInputs, KeptPartition, Pinned
from workers.child.frames import Message
from workers.child.store import KEYS_SECONDS, filesystem_of
from workers.child.wire import Wire

if TYPE_CHECKING:
    from pyarrow.fs import FileSystem


def inputs_of(wire: Wire, order: Message) -> KeptInputs:
    return KeptInputs({told["input"]: KeptInput(told["name"], partial(_listed, wire, told["input"])) for told in order["inputs"]})


def _listed(wire: Wire, number: int) -> Iterator[KeptPartition]:
    openings: dict[str, MintedReads] = {}
    after: str | None = None
    while True:
        page = _asked(wire, {"inputs": f'"input":{number}' + (f',"after":"{after}"' if after else "")}, "page")
        for told in page["partitions"]:
            pinned = Pinned.read(told)
            opening = openings.setdefault(pinned.version, MintedReads(wire, number, pinned.version))
            yield KeptPartition(pinned, opening)
        if (after := page["next"]) is None:
            return


class MintedReads:
    """An `Opening` of one version: asks for keys when they are needed, and for others before they are too old."""

    def __init__(self, wire: Wire, number: int, version: str) -> None:
        self._wire, self._wanted = wire, {"input": number, "dataset_version": version}
        self._minted_at: float | None = None
        self._filesystem: FileSystem = None

    def __call__(self) -> FileSystem:
        if self._minted_at is None or time.monotonic() > self._minted_at + KEYS_SECONDS:
            asked_at = time.monotonic()
            keys = _asked(self._wire, {"credentials": f'"reads":{json.dumps(self._wanted)}'}, "keys")
            self._filesystem, self._minted_at = filesystem_of(keys), asked_at
        return self._filesystem


def _asked(wire: Wire, question: Message, member: str) -> Message:
    answer = wire.ask(question)
    if "away" in answer:
        raise Retry(f"The platform does not open what this task reads just now: {answer['away']}")
    if "refused" in answer:
        raise ConfigurationError(f"The platform does not open what this task reads: {answer['refused']}")
    told: Message = answer[member]
    return told
