"""The Celery application of the dispatcher: loops on the `dispatch` queue, and beat."""

from __future__ import annotations

import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "traceweb.settings")

from celery import Celery, signals
from django.conf import settings
from django.db import close_old_connections

from apps.platform.config import Config
from apps.platform.errors import ConfigError
from apps.platform.ops import serve_ops
from traceweb import tracing
from traceweb.heartbeat import HEARTBEAT, ConsumerHeartbeat
from traceweb.looping import Teller
from traceweb.schedule import SCHEDULE

try:
    CONFIG: Config = settings.CONFIG
except ConfigError as error:
    # Celery would print the way to here; what is wrong with the environment is a line or two.
    sys.exit(str(error))

app = Celery("trace")
app.conf.update(
    broker_url=CONFIG.broker_url,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    # What starts a loop is cheap to lose, and must not hold up beat, or the loop that asks to be started again.
    broker_transport_options={
        "socket_connect_timeout": 1,
        "socket_timeout": 5,
        "visibility_timeout": 300,
        "max_retries": 1,
        "interval_start": 0,
        "interval_step": 0.1,
    },
    task_publish_retry=False,
    task_default_queue="dispatch",
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    worker_send_task_events=False,
    worker_hijack_root_logger=False,
    worker_cancel_long_running_tasks_on_connection_loss=True,
    beat_schedule=SCHEDULE,
    beat_scheduler="traceweb.beat:Scheduler",
    beat_max_loop_interval=15,
    timezone="UTC",
    enable_utc=True,
)
# Celery's care for Django's connections closes the whole pool before and after every task of a child: each would begin with a new
# connection and a server process that knows no table yet, which took three times as long as the work itself.
app.conf["CELERY_DB_REUSE_MAX"] = sys.maxsize
app.autodiscover_tasks()
app.steps["consumer"].add(ConsumerHeartbeat)
# Held here: Celery keeps weak references to what it calls.
_TELLER = Teller(CONFIG)
_TELLER.connect()


@signals.celeryd_init.connect
def _trace_worker(**_: object) -> None:
    tracing.start("dispatcher")


@signals.beat_init.connect
def _trace_beat(**_: object) -> None:
    tracing.start("beat")


@signals.worker_ready.connect
def _probe_at_once(**_: object) -> None:
    """Whoever opens the health page after a start should see a round trip, not the wait for beat's first tick."""
    app.send_task("dispatch.send_probe")


@signals.worker_ready.connect
@signals.beat_init.connect
def _tell_that_it_is_ready(**_: object) -> None:
    """Only now: before, the process is up but takes no work."""
    try:
        serve_ops(CONFIG, {}, HEARTBEAT)
    except ConfigError as error:
        # Celery swallows what a signal's receiver raises, and a dispatcher that nobody can ask would never count as ready.
        raise SystemExit(str(error)) from error


@signals.task_prerun.connect
@signals.task_postrun.connect
def _give_connections_back(**_: object) -> None:
    """As a request does: to the pool, or away where it broke."""
    close_old_connections()


@signals.setup_logging.connect
def _keep_our_logging(**_: object) -> None:
    """Connected so that Celery leaves the logging of the settings alone."""
