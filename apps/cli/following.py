"""A run until it is over, a log until its end."""

from __future__ import annotations

from apps.cli.exits import Exit
from apps.cli.rendering import count, plain
from apps.cli.session import Session
from apps.cli.told import Json

_EVERY_SECONDS = 2.0
_STATES = ("queued", "running", "retrying", "waiting", "completed", "failed", "canceled")


def follow_runs(session: Session, task_ids: list[str]) -> Exit:
    """Says what changed, and in the end whether every task of it completed."""
    exits = [_follow(session, task_id) for task_id in task_ids]
    return Exit.PROBLEMS if Exit.PROBLEMS in exits else Exit.FINE


def _follow(session: Session, task_id: str) -> Exit:
    said = ""
    while True:
        run = session.runs.task(task_id)["run"]
        words = ", ".join(f"{run[state]} {state}" for state in _STATES if run[state])
        if words != said:
            session.tell(words)
            said = words
        if run["is_settled"]:
            return _ended(session, task_id, run)
        session.outside.sleep(_EVERY_SECONDS)


def _ended(session: Session, task_id: str, run: Json) -> Exit:
    bad = run["failed"] + run["canceled"]
    if not bad:
        session.say(f"{session.paint.green('completed')}: {count(run['completed'], 'task')}")
        return Exit.FINE
    session.say(
        f"{session.paint.red('failed')}: {run['failed']} failed, {run['canceled']} canceled, {run['completed']} completed"
    )
    root = session.runs.task(task_id)["root"]
    for task in session.runs.tasks({"root": root, "status": "dead", "limit": "10"})["results"]:
        error = task["error"] or {}
        session.say(f"  {task['id']}  {plain(task['job'])}: {plain(str(error.get('message', '')))}")
    return Exit.PROBLEMS


def write_log(session: Session, task_id: str, *, attempt: int | None, follow: bool) -> None:
    """Each line once: what is asked for is always the line after the last that was written."""
    start = 0
    while True:
        page = session.runs.logs(task_id, start=start, attempt=attempt)
        if page["lines"] and (gone := page["lines"][0]["number"] - start):
            session.tell(f"{count(gone, 'older line')} {'is' if gone == 1 else 'are'} no longer kept.")
        for line in page["lines"]:
            session.say(f"{line['at']}  {line['level']:7}  {plain(line['text'])}")
        start = page["next"]
        if page["lines"] and start < page["total"]:
            continue
        if not follow or page["is_over"]:
            if not start:
                session.tell("No line was written." if page["is_over"] else "No line yet; -f waits for them.")
            if page["is_over"]:
                _tell_error(session, task_id, attempt)
            return
        session.outside.sleep(_EVERY_SECONDS / 2)


def _tell_error(session: Session, task_id: str, attempt: int | None) -> None:
    """What the attempt failed of is no line of its log."""
    attempts = [one for one in session.runs.task(task_id)["attempts"] if attempt in {None, one["number"]}]
    newest = max(attempts, key=lambda one: int(one["number"]), default=None)
    if newest and (error := newest["error"]):
        session.tell(f"{session.paint.red('failed')}: {plain(str(error['type']))}: {plain(str(error['message']))}")
