"""What the log says of a classified column, in words."""

from __future__ import annotations

from collections.abc import Mapping

from apps.audit.models import Record
from apps.pii.domain import Handling, Mask

_GET = {Mask.HASH: "get a hash", Mask.LAST_FOUR: "get the last four characters", Mask.NULL: "get NULL"}


def said_of_column(record: Record) -> str:
    before, after = record.before or {}, record.after or {}
    if record.action == "pii.declassify":
        return f"{record.object_name} is no longer classified: open to whoever may read the dataset"
    if record.action == "pii.classify":
        return f"{record.object_name} is classified as {_kind(after)}: others {_others(after)}{_note(after)}"
    changes = [
        f"kind {_kind(before)}, now {_kind(after)}" if _kind(before) != _kind(after) else "",
        f"others {_others(before)}, now they {_others(after)}" if _others(before) != _others(after) else "",
        f"another note{_note(after)}" if before.get("note") != after.get("note") else "",
    ]
    return f"{record.object_name} is changed: " + "; ".join(change for change in changes if change)


def _kind(said: Mapping[str, object]) -> str:
    return str(said.get("kind", "")).replace("_", " ")


def _others(said: Mapping[str, object]) -> str:
    if said.get("handling") != Handling.MASK:
        return "are refused"
    return _GET[Mask(str(said.get("mask")))]


def _note(said: Mapping[str, object]) -> str:
    return f" (“{said['note']}”)" if said.get("note") else ""
