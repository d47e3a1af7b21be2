"""The inputs of a real task: what was pinned comes page by page, and is opened by keys that only read."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from operators.sdk.reading import KeptInput, KeptInputs, KeptPartition, Pinned
from workers.child.frames import Message
from workers.child.store import KEYS_SECONDS, filesystem_of
from workers.child.wire import Wire, granted

if TYPE_CHECKING:
    from pyarrow.fs import FileSystem


_DENIED = "The platform does not open what this task reads"


def inputs_of(wire: Wire, order: Message) -> KeptInputs:
    return KeptInputs({told["input"]: KeptInput(told["name"], partial(_listed, wire, told["input"])) for told in order["inputs"]})


def _listed(wire: Wire, number: int) -> Iterator[KeptPartition]:
    openings: dict[str, MintedReads] = {}
    after: str | None = None
    while True:
        page = granted(wire.ask({"inputs": f'"input":{number}' + (f',"after":"{after}"' if after else "")}), _DENIED)["page"]
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
            answer = granted(self._wire.ask({"credentials": f'"reads":{json.dumps(self._wanted)}'}), _DENIED)
            self._filesystem, self._minted_at = filesystem_of(answer["keys"]), asked_at
        return self._filesystem
