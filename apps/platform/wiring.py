"""Config → drivers. The only importer of drivers: everything else speaks to ports."""

from __future__ import annotations

from apps.platform.config import Config
from apps.platform.drivers import pgqueue
from apps.platform.ports.queue import Queue

QUEUE_WORKERS = ("trace_dispatcher", "trace_worker")
QUEUE_WATCHERS = ("trace_web",)


def queue(config: Config) -> Queue:
    config.require("queue_dsn")
    return pgqueue.PostgresQueue(config.queue_dsn, max_receives=config.queue_max_receives, pool_size=config.database_pool_size)


def prepare_queue(config: Config) -> None:
    """Tables and rights of the queue database, with the owner's role."""
    pgqueue.lay_out(config.queue_dsn, workers=QUEUE_WORKERS, watchers=QUEUE_WATCHERS)
