"""Reads of tasks. Every one takes what the asker sees."""

from apps.runs.selectors.listing import (
    Row,
    counted,
    page_before,
    rows_of,
    runs_only,
    tallies_of,
    tasks_matching,
)
from apps.runs.selectors.logs import LogPage, attempt_of, log_page, whole_log
from apps.runs.selectors.overview import Backlogs, backlogs, bars_of, dead_letters, loop_backlogs, recent_runs, runs_of_dag
from apps.runs.selectors.seeing import Seen, get_job, get_task, jobs_seen, version_numbers
from apps.runs.selectors.telling import Detail, detail_of, is_settled
from apps.runs.selectors.tree import below, tree_of

__all__ = [
    "Backlogs",
    "Detail",
    "LogPage",
    "Row",
    "Seen",
    "attempt_of",
    "backlogs",
    "bars_of",
    "below",
    "counted",
    "dead_letters",
    "detail_of",
    "get_job",
    "get_task",
    "is_settled",
    "jobs_seen",
    "log_page",
    "loop_backlogs",
    "page_before",
    "recent_runs",
    "rows_of",
    "runs_of_dag",
    "runs_only",
    "tallies_of",
    "tasks_matching",
    "tree_of",
    "version_numbers",
    "whole_log",
]  # fmt: skip
