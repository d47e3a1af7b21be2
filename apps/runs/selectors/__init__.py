"""Reads of tasks. Every one takes what the asker sees."""

from apps.runs.selectors.backfills import MOST_TASKS, Choice, Part, Preview, makes_partitions, previewed, read_choice
from apps.runs.selectors.builds import Progress, progress_of
from apps.runs.selectors.data import MOST_PIECES, Data, data_of, known_versions, pieces_by, pins_of
from apps.runs.selectors.invalidations import Affected, Output, Redone, Shown, affected_by, invalidations_of, shown
from apps.runs.selectors.listing import (
    Row,
    counted,
    emails_of,
    page_before,
    rows_of,
    runs_only,
    tallies_of,
    tasks_matching,
)
from apps.runs.selectors.logs import LogPage, attempt_of, log_page, whole_log
from apps.runs.selectors.naming import Asker
from apps.runs.selectors.overview import (
    Backlogs,
    backlogs,
    bars_of,
    behind,
    dead_letters,
    loop_backlogs,
    recent_runs,
    runs_of_dag,
)
from apps.runs.selectors.purges import (
    PurgePreview,
    PurgeState,
    ShownPurge,
    Unwanted,
    check_unwanted,
    purge_preview,
    purges_of,
    shown_purges,
)
from apps.runs.selectors.restores import RestorePreview, restore_preview
from apps.runs.selectors.seeing import Seen, get_job, get_task, jobs_seen, version_numbers
from apps.runs.selectors.telling import Detail, detail_of, is_settled
from apps.runs.selectors.tree import below, tree_of

__all__ = [
    "MOST_PIECES",
    "MOST_TASKS",
    "Affected",
    "Asker",
    "Backlogs",
    "Choice",
    "Data",
    "Detail",
    "LogPage",
    "Output",
    "Part",
    "Preview",
    "Progress",
    "PurgePreview",
    "PurgeState",
    "Redone",
    "RestorePreview",
    "Row",
    "Seen",
    "Shown",
    "ShownPurge",
    "Unwanted",
    "affected_by",
    "attempt_of",
    "backlogs",
    "bars_of",
    "behind",
    "below",
    "check_unwanted",
    "counted",
    "data_of",
    "dead_letters",
    "detail_of",
    "emails_of",
    "get_job",
    "get_task",
    "invalidations_of",
    "is_settled",
    "jobs_seen",
    "known_versions",
    "log_page",
    "loop_backlogs",
    "makes_partitions",
    "page_before",
    "pieces_by",
    "pins_of",
    "previewed",
    "progress_of",
    "purge_preview",
    "purges_of",
    "read_choice",
    "recent_runs",
    "restore_preview",
    "rows_of",
    "runs_of_dag",
    "runs_only",
    "shown",
    "shown_purges",
    "tallies_of",
    "tasks_matching",
    "tree_of",
    "version_numbers",
    "whole_log",
]  # fmt: skip
