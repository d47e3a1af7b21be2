"""Every change of the dispatcher's rows."""

from apps.dispatch.services.arming import arm
from apps.dispatch.services.calling import take_call
from apps.dispatch.services.canceling import cancel_tasks
from apps.dispatch.services.cleaning import turn_months
from apps.dispatch.services.containing import (
    contained,
    end_stopped,
    fail_unclaimed,
    remember_container,
    waiting_for_container,
)
from apps.dispatch.services.ending import Said, complete, fail_claimed
from apps.dispatch.services.firing import Started, fire_due, seconds_until_tick, start_by_call, start_by_hand
from apps.dispatch.services.holding import heartbeat, look_at
from apps.dispatch.services.keeping import keep_sources
from apps.dispatch.services.logs import append
from apps.dispatch.services.meeting import let_in_late
from apps.dispatch.services.orders import Given, claim, facts, give, signed
from apps.dispatch.services.pausing import pause_job, resume_job
from apps.dispatch.services.pressing import press
from apps.dispatch.services.probing import record_probe_receipt, send_probe
from apps.dispatch.services.recovering import (
    hand_over_everywhere,
    reap_expired_leases,
    retry_due,
    route_forgotten,
    seconds_until_retry,
    wake_unheard,
)
from apps.dispatch.services.repeating import rerun_tasks, retry_tasks
from apps.dispatch.services.reporting_midway import report
from apps.dispatch.services.routing import route_events
from apps.dispatch.services.taking_back import take_back

__all__ = [
    "Given",
    "Said",
    "Started",
    "append",
    "arm",
    "cancel_tasks",
    "claim",
    "complete",
    "contained",
    "end_stopped",
    "facts",
    "fail_claimed",
    "fail_unclaimed",
    "fire_due",
    "give",
    "hand_over_everywhere",
    "heartbeat",
    "keep_sources",
    "let_in_late",
    "look_at",
    "pause_job",
    "press",
    "reap_expired_leases",
    "record_probe_receipt",
    "remember_container",
    "report",
    "rerun_tasks",
    "resume_job",
    "retry_due",
    "retry_tasks",
    "route_events",
    "route_forgotten",
    "seconds_until_retry",
    "seconds_until_tick",
    "send_probe",
    "signed",
    "start_by_call",
    "start_by_hand",
    "take_back",
    "take_call",
    "turn_months",
    "waiting_for_container",
    "wake_unheard",
]  # fmt: skip
