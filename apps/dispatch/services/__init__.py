"""Every change of the dispatcher's rows."""

from apps.dispatch.chosen import Chosen, chosen
from apps.dispatch.services.arming import arm
from apps.dispatch.services.backfilling import begin_backfill, go_on, hold_job
from apps.dispatch.services.buffering import hand_over_batch, tell_written
from apps.dispatch.services.building import advance_build, also_wait_for
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
from apps.dispatch.services.covering import Plan, multirange, plan_backfill
from apps.dispatch.services.creating import Created, Wish, create_tasks
from apps.dispatch.services.disputing import make_again
from apps.dispatch.services.ending import Said, complete, fail_claimed
from apps.dispatch.services.facts import facts
from apps.dispatch.services.feeds import open_feed
from apps.dispatch.services.firing import Started, fire_due, seconds_until_tick, start_by_call, start_by_hand
from apps.dispatch.services.handing import top_up
from apps.dispatch.services.holding import heartbeat, look_at
from apps.dispatch.services.hot import read_table
from apps.dispatch.services.invalidating import Invalid, write_invalidations
from apps.dispatch.services.keeping import keep_sources
from apps.dispatch.services.lateness import watch_lateness
from apps.dispatch.services.logs import append
from apps.dispatch.services.marking import settle_open
from apps.dispatch.services.meeting import let_in_late
from apps.dispatch.services.minting import mint_credentials
from apps.dispatch.services.moving import move
from apps.dispatch.services.opening import open_table
from apps.dispatch.services.orders import Given, claim, give, signed
from apps.dispatch.services.pausing import pause_job, resume_job
from apps.dispatch.services.pools import open_pool, open_pool_for_process, pools_for_gateway
from apps.dispatch.services.pressing import press
from apps.dispatch.services.probing import record_probe_receipt, send_probe
from apps.dispatch.services.purging import PURGE, go_on_purging, look_at_purge, put_purge
from apps.dispatch.services.reading import list_inputs
from apps.dispatch.services.recovering import (
    advance_open_builds,
    hand_over_everywhere,
    reap_expired_leases,
    retry_due,
    route_forgotten,
    seconds_until_retry,
    wake_unheard,
)
from apps.dispatch.services.redoing import plan_a_round, plan_invalidations
from apps.dispatch.services.repeating import rerun_tasks, retry_tasks
from apps.dispatch.services.reporting_midway import report
from apps.dispatch.services.routing import route_events
from apps.dispatch.services.sweeping import Swept, sweep
from apps.dispatch.services.taking_back import take_back

__all__ = [
    "PURGE",
    "Chosen",
    "Created",
    "Given",
    "Invalid",
    "Plan",
    "Said",
    "Started",
    "Swept",
    "Wish",
    "advance_build",
    "advance_open_builds",
    "also_wait_for",
    "append",
    "arm",
    "begin_backfill",
    "cancel_tasks",
    "chosen",
    "claim",
    "complete",
    "contained",
    "create_tasks",
    "end_stopped",
    "facts",
    "fail_claimed",
    "fail_unclaimed",
    "fire_due",
    "give",
    "go_on",
    "go_on_purging",
    "hand_over_batch",
    "hand_over_everywhere",
    "heartbeat",
    "hold_job",
    "keep_sources",
    "let_in_late",
    "list_inputs",
    "look_at",
    "look_at_purge",
    "make_again",
    "mint_credentials",
    "move",
    "multirange",
    "open_feed",
    "open_pool",
    "open_pool_for_process",
    "open_table",
    "pause_job",
    "plan_a_round",
    "plan_backfill",
    "plan_invalidations",
    "pools_for_gateway",
    "press",
    "put_purge",
    "read_table",
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
    "settle_open",
    "signed",
    "start_by_call",
    "start_by_hand",
    "sweep",
    "take_back",
    "take_call",
    "tell_written",
    "top_up",
    "turn_months",
    "waiting_for_container",
    "wake_unheard",
    "watch_lateness",
    "write_invalidations",
]  # fmt: skip
