"""What an operator is told and what is told of it, as JSON: one reading for every runtime that runs operators.

Read and written by hand: a child process starts with the standard library, and must be ready in a moment.
"""

from __future__ import annotations

import base64
import json
import re
import traceback
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from operators.sdk import storable
from operators.sdk.errors import ConfigurationError, InputError, NotYet, OperatorError
from operators.sdk.task import Arrived, Event, Fired, Range, Request
from operators.sdk.words import Reason

Message = Mapping[str, Any]

_KEY = re.compile(r"[^\x00-\x1f\x7f]{1,200}")
LONGEST_MESSAGE, LONGEST_STACK, MOST_DATA_BYTES = 8_000, 32_000, 65_536


def arrived_of(told: Message) -> Arrived:
    seen, reason = told["event"], told["invalidation"]
    event = Event(seen["output"], _block(seen["cursor"]), _range(seen), seen["data"], seen["partition_key"])
    return Arrived(told["input"], event, reason and Reason(reason))


def fired_of(told: Message | None) -> Fired | None:
    if told is None:
        return None
    request = told["request"]
    return Fired(
        datetime.fromisoformat(told["at"]), _range(told), request and Request(request["id"], base64.b64decode(request["body"]))
    )


def _range(told: Message) -> Range | None:
    return None if told["start"] is None else Range(int(told["start"]), int(told["end"]))


def _block(told: str | None) -> int | None:
    return None if told is None else int(told)


def event_text(event: Event, slots: Mapping[int, tuple[str, str]]) -> str:
    """The event as JSON; refused here, where the operator's own line is in the stack."""
    told = _slot(event.output, slots)
    _check(event)
    if event.cursor is not None:
        told["cursor"] = str(event.cursor)
    if event.range is not None:
        told |= {"start": str(event.range.start), "end": str(event.range.end)}
    if event.partition_key is not None:
        told["partition_key"] = event.partition_key
    if event.data is not None:
        told["data"] = json.loads(_data(event))
    return json.dumps(told)


def invalidation_text(output: int, scope: Range | str, reason: Reason, slots: Mapping[int, tuple[str, str]]) -> str:
    """As an event of the output that takes something back."""
    told = _slot(output, slots)
    if reason not in {Reason.REORG, Reason.CORRECTION, Reason.SCHEMA_CHANGE}:
        raise InputError(f"A task invalidates for reorg, correction or schema_change, and not for {reason}.")
    if isinstance(scope, str):
        _check(Event(output, partition_key=scope))
        return json.dumps(told | {"scope": "partition", "partition_key": scope, "reason": str(reason)})
    _check(Event(output, range=scope))
    bounds = {"block_number": {"gte": str(scope.start), "lte": str(scope.end)}}
    return json.dumps(told | {"scope": "row_range", "row_filter": bounds, "reason": str(reason)})


def _slot(output: int, slots: Mapping[int, tuple[str, str]]) -> dict[str, Any]:
    if output not in slots:
        raise ConfigurationError(f"This job has no output {output}; publish it, or emit to one of {_numbers(slots)}.")
    dataset, version = slots[output]
    return {"dataset_uuid": dataset, "dataset_version": version}


def _check(event: Event) -> None:
    numbers = [] if event.cursor is None else [event.cursor]
    if event.range is not None:
        numbers += [event.range.start, event.range.end]
        if event.range.start > event.range.end:
            raise InputError(f"The range {event.range.key} of an event ends before it starts.")
    if any(not 0 <= number < 2**63 for number in numbers):
        raise InputError(f"A block of an event is from 0 to 2^63 - 1; {numbers} is not.")
    if event.cursor is not None and (event.range is not None or event.partition_key is not None):
        raise InputError("An event has a cursor, or a range or partition; emit two of them.")
    if event.partition_key is not None and not is_partition_key(event.partition_key):
        raise InputError("The key of a partition has 1 to 200 characters, none of them a control character or half of one.")


def is_partition_key(text: str) -> bool:
    return _KEY.fullmatch(text) is not None and storable.is_text(text)


def _data(event: Event) -> str:
    text = storable.as_json(event.data, what="The data of an event")
    if len(text.encode()) > MOST_DATA_BYTES:
        raise InputError(f"The data of an event is {len(text):,} bytes long; at most {MOST_DATA_BYTES:,} are taken.")
    return text


def _numbers(slots: Collection[int]) -> str:
    return ", ".join(map(str, sorted(slots))) or "none"


def error_of(error: BaseException, *, memory_mb: int) -> dict[str, Any]:
    message = str(error) or type(error).__name__
    if isinstance(error, MemoryError):
        message = f"It needed more than the {memory_mb} MB that it may take; raise the job's memory_mb, or do less at once."
    if isinstance(error, SystemExit):
        message = f"The operator ended its process with exit code {error.code}; let it raise an error instead."
    kind = error.code if isinstance(error, OperatorError) else type(error).__name__
    waits = {"wait_seconds": error.seconds} if isinstance(error, NotYet) else {}
    return {
        "type": printable(kind)[:200],
        "message": printable(message)[:LONGEST_MESSAGE],
        "stack": printable("".join(traceback.format_exception(error, chain=True)))[-LONGEST_STACK:],
        "retryable": not isinstance(error, OperatorError),
        **waits,
    }


def printable(text: str) -> str:
    """Without what neither JSON nor a database takes as text."""
    return text.encode("utf-8", "replace").decode().replace("\x00", "�")
