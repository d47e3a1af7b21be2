"""`trace retry` and `trace cancel`: of tasks by their ids, or of all that match."""

from __future__ import annotations

from argparse import Namespace
from functools import partial

from apps.cli.declaring import Command, argument
from apps.cli.exits import Exit, Misused
from apps.cli.filtering import FILTERS, filters_of
from apps.cli.rendering import count
from apps.cli.session import Session

_DONE = {"retry": "queued again", "cancel": "canceled"}


def run(verb: str, session: Session, options: Namespace) -> Exit:
    wanted = filters_of(options)
    if bool(wanted) == bool(options.tasks):
        raise Misused("Name tasks, or say which with --dag, --status …; not both.", hint=f"`trace {verb} --help`")
    if wanted:
        session.say(f"{count(session.runs.act_on_matching(verb, wanted), 'task')} {_DONE[verb]}.")
        return Exit.FINE
    for task_id in options.tasks:
        session.say(f"{task_id}  {session.runs.act(verb, task_id)['status']}")
    return Exit.FINE


def _command(verb: str, summary: str) -> Command:
    tasks = argument("tasks", nargs="*", metavar="TASK", help="ids of tasks")
    return Command(verb, summary, partial(run, verb), (tasks, *FILTERS))


RETRY = _command("retry", "queue failed tasks again, with all their attempts")
CANCEL = _command("cancel", "cancel tasks that are not over")
