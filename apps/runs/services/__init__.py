"""Every change of tasks that people and callers ask for: allowed before, done by the dispatcher, audited here."""

from apps.runs.services.acting import cancel_task, rerun_task, retry_task
from apps.runs.services.backfilling import Backfilled, backfill
from apps.runs.services.bulk import Bitten, Verb, act_on_matching, open_to
from apps.runs.services.calling import Call, take_delivery
from apps.runs.services.invalidating import invalidate
from apps.runs.services.pausing import set_paused
from apps.runs.services.purging import purge, purge_again
from apps.runs.services.restoring import restore
from apps.runs.services.starting import start_job

__all__ = [
    "Backfilled",
    "Bitten",
    "Call",
    "Verb",
    "act_on_matching",
    "backfill",
    "cancel_task",
    "invalidate",
    "open_to",
    "purge",
    "purge_again",
    "rerun_task",
    "restore",
    "retry_task",
    "set_paused",
    "start_job",
    "take_delivery",
]  # fmt: skip
