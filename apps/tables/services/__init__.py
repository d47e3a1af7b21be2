"""Every change of the rows about tables and batches."""

from apps.tables.services.forgetting import forget_batches
from apps.tables.services.handing_over import hand_over, wake_waiting
from apps.tables.services.opening import Opening, open_table
from apps.tables.services.preparing import prepare
from apps.tables.services.reading import open_to_read
from apps.tables.services.repairing import repair, replay
from apps.tables.services.sinking import claim, mark_drifted, mark_rejected, mark_written, put_back
from apps.tables.services.taking_away import Gone, Piece, take_away
from apps.tables.services.wanting import look_again, want_tables

__all__ = [
    "Gone",
    "Opening",
    "Piece",
    "claim",
    "forget_batches",
    "hand_over",
    "look_again",
    "mark_drifted",
    "mark_rejected",
    "mark_written",
    "open_table",
    "open_to_read",
    "prepare",
    "put_back",
    "repair",
    "replay",
    "take_away",
    "wake_waiting",
    "want_tables",
]
