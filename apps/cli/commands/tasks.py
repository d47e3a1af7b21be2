from __future__ import annotations

from argparse import Namespace

from apps.cli.declaring import JSON, Command, argument
from apps.cli.exits import Exit
from apps.cli.filtering import FILTERS, filters_of
from apps.cli.lists import write_list
from apps.cli.session import Session
from apps.cli.told import Json


def run(session: Session, options: Namespace) -> Exit:
    found = session.runs.tasks({**filters_of(options), "limit": str(options.limit)})
    rows = [
        (one["id"], one["dag"], one["job"], _scope(one), _state(one), one["attempt"], one["created_at"])
        for one in found["results"]
    ]
    head = ("TASK", "DAG", "JOB", "SCOPE", "STATE", "ATTEMPT", "MADE")
    write_list(session, head, rows, told=found["results"], as_json=options.json)
    if found["next"]:
        session.tell(f"The newest {len(rows)}; there are more.")
    return Exit.FINE


def _scope(task: Json) -> str | None:
    return f"{task['range']['start']}-{task['range']['end']}" if task["range"] else task["partition"]


def _state(task: Json) -> str:
    if not task["next_retry_at"]:
        return str(task["status"])
    return "waiting" if (task["error"] or {}).get("wait_seconds") else "retrying"


COMMAND = Command(
    "tasks", "list tasks, the newest first", run,
    (*FILTERS, argument("--limit", type=int, default=50, metavar="N", help="at most so many; without it, 50"), JSON),
)  # fmt: skip
