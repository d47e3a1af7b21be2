"""What beat starts: the safety net of the loops, and the little that nothing else would start.

Written to the database when beat starts (django-celery-beat), where a schedule can be switched off or looked at.
Ticks are 15 s or more: latency comes from commits, not from here.
"""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings

SCHEDULE = {
    "outbox: publish what a lost wake-up left": {"task": "outbox.publish", "schedule": timedelta(seconds=15)},
    "outbox: give up, prune, measure": {"task": "outbox.tidy", "schedule": timedelta(minutes=1)},
    "tasks: fire what is due": {"task": "dispatch.fire_cron", "schedule": timedelta(seconds=15)},
    "tasks: try again what failed": {"task": "dispatch.retry", "schedule": timedelta(seconds=15)},
    "tasks: take leases that ran out": {"task": "dispatch.reap", "schedule": timedelta(seconds=15)},
    "tasks: find what was lost on the way": {"task": "dispatch.reconcile", "schedule": timedelta(seconds=15)},
    "tasks: do again what does not hold any more": {"task": "dispatch.invalidations", "schedule": timedelta(seconds=15)},
    "tasks: keep sources running, and queues short": {"task": "dispatch.watch", "schedule": timedelta(seconds=15)},
    "chains: plan the ranges of streams": {"task": "syncing.plan", "schedule": timedelta(seconds=15)},
    "chains: see where their heads are": {"task": "syncing.follow", "schedule": timedelta(seconds=15)},
    "tasks: make and drop months": {"task": "dispatch.clean", "schedule": timedelta(hours=6)},
    "datasets: see which are late": {"task": "dispatch.lateness", "schedule": timedelta(seconds=15)},
    "tasks: delete what nobody committed": {"task": "dispatch.sweep", "schedule": timedelta(minutes=10)},
    "tables: tell of batches that nobody heard of": {"task": "tables.wake_waiting", "schedule": timedelta(seconds=30)},
    "tables: forget batches of tasks that are forgotten": {"task": "tables.forget", "schedule": timedelta(hours=6)},
    "audit: forget what is past its retention": {"task": "audit.prune", "schedule": timedelta(hours=6)},
    "lineage: forget what an endpoint did not take": {"task": "lineage.forget_given_up", "schedule": timedelta(hours=6)},
    "orgs: forget answers kept for a day": {"task": "orgs.forget_answers", "schedule": timedelta(minutes=10)},
    "probe: outbox to queue to worker": {
        "task": "dispatch.send_probe",
        "schedule": timedelta(seconds=settings.CONFIG.probe_interval_seconds),
    },
}
