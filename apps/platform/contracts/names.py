"""Names, paths and limits that both sides know."""

from __future__ import annotations

WORKER_TOKEN_HEADER = "X-Trace-Worker-Token"
CAPABILITY_HEADER = "X-Trace-Task-Capability"
CAPABILITY_AUDIENCE = "trace.task"

PROBE_QUEUE = "probe"
TASK_QUEUE = "tasks"

PROBE_RECEIPT_PATH = "/internal/probe-receipts"
CLAIM_PATH, CLAIMS_PATH = "/internal/task-claim", "/internal/task-claims"
FETCH_PATH = "/internal/task-fetch"
JWKS_PATH = "/internal/jwks/task"
HEARTBEAT_PATH, HEARTBEATS_PATH = "/v1/task/heartbeat", "/v1/task/heartbeats"
EVENTS_PATH, EVENT_BATCHES_PATH = "/v1/task/events", "/v1/task/event-batches"
COMPLETE_PATH, COMPLETIONS_PATH = "/v1/task/complete", "/v1/task/completions"
LOGS_PATH = "/v1/task/logs"

# The code of a 409 that ends this attempt and not its task: somebody else wrote the job's state.
STATE_MOVED = "state_moved"

# How the process of one task ends: there is nothing more to do; it should be started again (EX_TEMPFAIL).
EXIT_DONE, EXIT_AGAIN = 0, 75

# The most of one call. A body is refused above 4 MiB whatever it holds.
MOST_BATCH = 500
MOST_EVENTS = 10_000
# Each is compared with what lies in the object store before the call is answered.
MOST_PUBLISHED = 64
MOST_LINES = 2_000
LONGEST_LINE = 16_384
MOST_DATA_BYTES = 65_536
MOST_BODY_BYTES = 4 * 1024 * 1024
