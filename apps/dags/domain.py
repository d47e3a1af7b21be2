"""What happens to a DAG. Pure; the text itself is read in `document`."""

from __future__ import annotations

import re
from enum import StrEnum

# The outbox kind that tells the floor above that another version is active, or none.
ACTIVATED = "dag_activated"
# No DAG has such a name. Most are of a text that is to become a DAG.
SLOT = r"-[0-9a-f]{8}"
_NAME = re.compile(r"^name:\s*[\"']?([a-z][a-z0-9_-]{0,62})[\"']?\s*(?:#.*)?$", re.MULTILINE)


class Move(StrEnum):
    """Of the pointer to the active version."""

    ACTIVATE = "activate"
    ROLLBACK = "rollback"
    DEACTIVATE = "deactivate"


class Cutover(StrEnum):
    """When a version that has to be built first takes over: by itself, or when somebody says so."""

    AUTO = "auto"
    MANUAL = "manual"


class VersionState(StrEnum):
    DEPLOYED = "deployed"
    ACTIVE = "active"


def move_of(*, active: int | None, wanted: int | None) -> Move:
    """By the numbers of the versions."""
    if wanted is None:
        return Move.DEACTIVATE
    return Move.ROLLBACK if active is not None and wanted < active else Move.ACTIVATE


def is_slot(name: str) -> bool:
    return re.fullmatch(SLOT, name) is not None


def name_in(text: str) -> str:
    """What a text calls itself, read roughly: it may be half written."""
    found = _NAME.search(text)
    return found[1] if found else ""
