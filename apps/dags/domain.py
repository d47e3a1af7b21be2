"""What happens to a DAG. Pure; the text itself is read in `document`."""

from __future__ import annotations

from enum import StrEnum

# The outbox kind that tells the floor above that another version is active, or none.
ACTIVATED = "dag_activated"


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
