"""Every Prometheus metric of Trace, in one place, so that a dashboard can be written by reading one file."""

from __future__ import annotations

from prometheus_client import REGISTRY as PROCESS_REGISTRY
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, multiprocess

HTTP_SECONDS = Histogram(
    "trace_http_request_seconds",
    "Time to answer a request.",
    ["plane", "route", "method", "status"],
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5),
)
OUTBOX_PUBLISHED = Counter("trace_outbox_published_total", "Outbox rows whose effect was performed.", ["kind"])
OUTBOX_FAILED = Counter("trace_outbox_failed_attempts_total", "Outbox attempts that failed.", ["kind"])
OUTBOX_PUBLISHER_FAILURES = Counter(
    "trace_outbox_publisher_failures_total", "Times a publisher failed outside any row, and began again.", ["error"]
)
OUTBOX_SECONDS = Histogram(
    "trace_outbox_age_seconds",
    "Age of an outbox row when its effect was performed.",
    ["kind"],
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5, 30, 300),
)
PROBE_SECONDS = Histogram(
    "trace_probe_seconds",
    "Round trip of a probe: outbox, queue, worker and back.",
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5, 30),
)
WORKER_MESSAGES = Counter("trace_worker_messages_total", "Queue messages a worker handled.", ["queue", "outcome"])
WORKER_TASKS = Counter("trace_worker_tasks_total", "Attempts that a worker ended.", ["outcome"])
WORKER_RUNNING = Gauge("trace_worker_running", "Attempts that run now.", multiprocess_mode="livesum")
WORKER_CLAIM_SECONDS = Histogram(
    "trace_worker_claim_seconds", "Time of one call that claims.", buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5)
)
WORKER_COMPLETE_SECONDS = Histogram(
    "trace_worker_complete_seconds", "Time of one call that completes.", buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5)
)
WORKER_CHILD_STARTS = Counter("trace_worker_child_starts_total", "Child processes started.", ["operator"])
WORKER_CHILD_ENDS = Counter("trace_worker_child_ends_total", "Child processes ended.", ["reason"])
RPC_REQUESTS = Counter("trace_rpc_requests_total", "Requests to providers of chains.", ["pool", "provider", "family", "outcome"])
RPC_SECONDS = Histogram(
    "trace_rpc_seconds",
    "Time of a provider's answer.",
    ["pool", "provider", "family"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
RPC_CALLS = Histogram(
    "trace_rpc_call_seconds",
    "Time in which the gateway answered a caller, with everything that was tried.",
    ["pool"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
)
RPC_REFUSED = Counter("trace_rpc_refused_total", "Calls that the gateway answered with an error of its own.", ["pool", "code"])
RPC_CACHE = Counter("trace_rpc_cache_total", "Calls that could be kept, by whether they were.", ["pool", "found"])
RPC_HEDGES = Counter("trace_rpc_hedges_total", "Calls that were asked of a second provider as well.", ["pool"])
RPC_IN_FLIGHT = Gauge("trace_rpc_in_flight", "Calls that the gateway has open.", multiprocess_mode="livesum")
RPC_SOCKETS = Gauge("trace_rpc_sockets", "WebSockets of callers.", multiprocess_mode="livesum")
RPC_DROPPED = Counter("trace_rpc_dropped_callers_total", "WebSockets that were closed because their caller did not read.")
SWEPT_OBJECTS = Counter("trace_swept_objects_total", "Objects of attempts that nobody committed, deleted.", ["place"])
SWEPT_BYTES = Counter("trace_swept_bytes_total", "Their bytes.", ["place"])
LOOP_SECONDS = Histogram("trace_loop_seconds", "Time one run of a loop took.", ["loop"])
OUTBOX_PENDING = Gauge("trace_outbox_pending", "Outbox rows waiting.", multiprocess_mode="mostrecent")
OUTBOX_TERMINAL = Gauge("trace_outbox_terminal", "Outbox rows that failed for good.", multiprocess_mode="mostrecent")


def render(*, multiprocess_dir: str) -> bytes:
    """The text format. With several processes behind one command their files are added up."""
    if not multiprocess_dir:
        return generate_latest(PROCESS_REGISTRY)
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry, path=multiprocess_dir)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
