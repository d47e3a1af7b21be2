"""What changes datasets: their names, what they are read from, and what is committed of them."""

from apps.datasets.services.asking import ask_for_access, grant_access, refuse_access, withdraw_request
from apps.datasets.services.committing import Commit, commit_partitions, overlapping
from apps.datasets.services.counting import blocks_in
from apps.datasets.services.expecting import mark_late
from apps.datasets.services.naming import publish
from apps.datasets.services.pointing import point, register
from apps.datasets.services.purging import (
    Going,
    begin_purge,
    end_purge,
    forget,
    going,
    hold_back,
    mark_some,
    marked,
    note_problem,
)
from apps.datasets.services.restoring import check_whole, replaced_by, restore_piece
from apps.datasets.services.verifying import Written, verify

__all__ = [
    "Commit",
    "Going",
    "Written",
    "ask_for_access",
    "begin_purge",
    "blocks_in",
    "check_whole",
    "commit_partitions",
    "end_purge",
    "forget",
    "going",
    "grant_access",
    "hold_back",
    "mark_late",
    "mark_some",
    "marked",
    "note_problem",
    "overlapping",
    "point",
    "publish",
    "refuse_access",
    "register",
    "replaced_by",
    "restore_piece",
    "verify",
    "withdraw_request",
]
