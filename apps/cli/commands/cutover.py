from __future__ import annotations

from argparse import Namespace

from apps.cli.declaring import DAG, Command, argument
from apps.cli.exits import Exit
from apps.cli.session import Session
from apps.cli.told import Json


def run(session: Session, options: Namespace) -> Exit:
    api, dag = session.api, options.dag
    build = api.build(dag)
    if options.abandon:
        api.abandon_build(dag)
        session.say(f"Version {build['number']} of {dag} is given up; the active one goes on.")
    elif options.now:
        api.cut_over(dag)
        session.say(f"Version {build['number']} of {dag} is active.")
    else:
        session.say(_told(build))
    return Exit.FINE


def _told(build: Json) -> str:
    number, dag = build["number"], build["dag"]
    if build["state"] == "ready":
        problem = f" It could not take over by itself: {build['problem']}" if build["problem"] else ""
        return f"Version {number} of {dag} is ready. `trace cutover {dag} --now` lets it take over.{problem}"
    more = "" if build["planned"] else ", more are being planned"
    failed = f"; {build['failed']} failed and hold it up: `trace tasks --dag {dag} --status dead`" if build["failed"] else ""
    return f"Version {number} of {dag} is being built: {build['done']} of {build['total']} tasks are done{more}{failed}."


COMMAND = Command(
    "cutover", "show the version that is being built, let it take over, or give it up", run,
    (
        DAG,
        argument("--now", action="store_true", help="let it take over, if it is ready"),
        argument("--abandon", action="store_true", help="give it up; the active version goes on"),
    ),
)  # fmt: skip
