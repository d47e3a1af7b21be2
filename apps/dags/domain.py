"""What happens to a DAG. Pure; the text itself is read in `document`."""

from __future__ import annotations

import re
from enum import StrEnum

# The outbox kind that tells the floor above that another version is active, or none.
ACTIVATED = "dag_activated"
# That something is to be done about a version that is built before it takes over.
BUILD = "dag_build"
# That a version is there, or becomes active: where its columns come from is to be traced.
TRACE_COLUMNS = "trace_columns"
# No DAG has such a name. Most are of a text that is to become a DAG.
SLOT = r"-[0-9a-f]{8}"
_NAME = re.compile(r"^name:\s*[\"']?([a-z][a-z0-9_-]{0,62})[\"']?\s*(?:#.*)?$", re.MULTILINE)

# From the key to the next line that is neither indented, nor an item, nor a comment, nor empty.
_JOBS = re.compile(r"^jobs:[^\n]*\n((?:[ #-][^\n]*\n?|\n)*)", re.MULTILINE)


class Move(StrEnum):
    """Of the pointer to the active version."""

    ACTIVATE = "activate"
    ROLLBACK = "rollback"
    DEACTIVATE = "deactivate"


class Cutover(StrEnum):
    """When a version that has to be built first takes over: by itself, or when somebody says so."""

    AUTO = "auto"
    MANUAL = "manual"


class BuildState(StrEnum):
    """Of a version that is built beside the active one."""

    BUILDING = "building"
    READY = "ready"
    DONE = "done"
    ABANDONED = "abandoned"


OPEN_BUILD = (BuildState.BUILDING, BuildState.READY)


class VersionState(StrEnum):
    DEPLOYED = "deployed"
    ACTIVE = "active"


def move_of(*, active: int | None, wanted: int | None, was_active: bool) -> Move:
    """By the numbers of the versions. There is no way back to one that was never active."""
    if wanted is None:
        return Move.DEACTIVATE
    return Move.ROLLBACK if was_active and active is not None and wanted < active else Move.ACTIVATE


def jobs_in(text: str) -> int:
    """How many a text has, read as roughly."""
    found = _JOBS.search(text)
    dashes = [len(spaces) for spaces in re.findall(r"^( *)- ", found[1], re.MULTILINE)] if found else []
    return dashes.count(min(dashes, default=0))


def is_slot(name: str) -> bool:
    return re.fullmatch(SLOT, name) is not None


def name_in(text: str) -> str:
    """What a text calls itself, read roughly: it may be half written."""
    found = _NAME.search(text)
    return found[1] if found else ""
