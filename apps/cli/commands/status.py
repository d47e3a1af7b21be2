from __future__ import annotations

from argparse import Namespace

from apps.cli.declaring import JSON, Command, argument
from apps.cli.exits import PLAIN_EXITS, Exit
from apps.cli.lists import write_list
from apps.cli.session import Session

_STATES = ("queued", "running", "waiting", "retrying", "dead")


def run(session: Session, options: Namespace) -> Exit:
    names = [options.dag] if options.dag else [str(dag["name"]) for dag in session.api.dags() if dag["active"]]
    told = [{"dag": name, **{state: _count(session, name, state) for state in _STATES}} for name in names]
    rows = [(one["dag"], *(one[state] for state in _STATES)) for one in told]
    write_list(
        session, ("DAG", "QUEUED", "RUNNING", "WAITING", "RETRYING", "DEAD LETTERS"), rows, told=told, as_json=options.json
    )
    return Exit.PROBLEMS if any(one["dead"] for one in told) else Exit.FINE


def _count(session: Session, dag: str, state: str) -> int:
    """Up to 10,000, as far as Trace counts."""
    return int(session.runs.tasks({"dag": dag, "status": state, "limit": "1", "count": "true"})["total"])


COMMAND = Command(
    "status", "say how the active DAGs stand; dead letters are a failure", run,
    (argument("dag", nargs="?", metavar="DAG", help="name of a DAG; without it, all that are active"), JSON),
    exits=(Exit.FINE, Exit.PROBLEMS, *PLAIN_EXITS[1:]),
)  # fmt: skip
