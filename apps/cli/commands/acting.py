"""`trace retry` and `trace cancel`: of tasks by their ids, or of all that match."""

from __future__ import annotations

from argparse import Namespace
from functools import partial

from apps.cli.declaring import Command, argument
from apps.cli.exits import Exit, Misused
from apps.cli.rendering import count
from apps.cli.session import Session

_FILTERS = ("dag", "job", "status", "cause", "root", "version", "since", "until", "block")
_DONE = {"retry": "queued again", "cancel": "canceled"}


def run(verb: str, session: Session, options: Namespace) -> Exit:
    wanted = {name: value for name in _FILTERS if (value := getattr(options, name))}
    if bool(wanted) == bool(options.tasks):
        raise Misused("Name tasks, or say which with --dag, --status …; not both.", hint=f"`trace {verb} --help`")
    if wanted:
        session.say(f"{count(session.runs.act_on_matching(verb, wanted), 'task')} {_DONE[verb]}.")
        return Exit.FINE
    for task_id in options.tasks:
        session.say(f"{task_id}  {session.runs.act(verb, task_id)['status']}")
    return Exit.FINE


def _command(verb: str, summary: str) -> Command:
    filters = [
        argument(f"--{name}", metavar=name.upper(), help=f"all tasks of this {name}") for name in ("dag", "job", "version")
    ]
    filters += [
        argument("--status", metavar="STATUS", help="queued, running, failed or dead"),
        argument("--cause", metavar="CAUSE", help="what they were made by: event, cron, webhook, manual, source, rerun"),
        argument("--root", metavar="TASK", help="all tasks of the run that began with this one"),
        argument("--since", metavar="WHEN", help="made since that day or instant"),
        argument("--until", metavar="WHEN", help="made until that day or instant"),
        argument("--block", metavar="A-B", help="over any of these blocks"),
    ]
    tasks = argument("tasks", nargs="*", metavar="TASK", help="ids of tasks")
    return Command(verb, summary, partial(run, verb), (tasks, *filters))


RETRY = _command("retry", "queue failed tasks again, with all their attempts")
CANCEL = _command("cancel", "cancel tasks that are not over")
