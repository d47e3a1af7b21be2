from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Iterator

from apps.cli.choosing import HELP, choose
from apps.cli.declaring import DAG, JSON, Command, argument
from apps.cli.exits import Exit
from apps.cli.rendering import Paint, plain
from apps.cli.session import Session
from apps.cli.told import Json


def run(session: Session, options: Namespace) -> Exit:
    api, dag = session.api, options.dag
    before = choose(api, dag, options.before)["id"] if options.before else None
    after = choose(api, dag, options.after)
    diff = api.diff(dag, after["id"], against=before)
    lines = [json.dumps(diff, indent=2, ensure_ascii=False)] if options.json else _lines(diff, session.paint)
    for line in lines:
        session.say(line)
    return Exit.FINE


def _lines(diff: Json, paint: Paint) -> Iterator[str]:
    if not diff["text"]:
        yield "No difference."
        return
    yield from (_coloured(plain(line), paint) for line in diff["text"].splitlines())
    yield from _jobs(diff, paint)


def _coloured(line: str, paint: Paint) -> str:
    if line.startswith(("---", "+++")):
        return paint.bold(line)
    colours = {"+": paint.green, "-": paint.red, "@": paint.blue}
    return colours[line[0]](line) if line[:1] in colours else line


def _jobs(diff: Json, paint: Paint) -> Iterator[str]:
    changed = [job for job in diff["jobs"] if job["change"] != "same"]
    if changed:
        yield ""
    for job in changed:
        rebuilt = f", rebuilt: {job['because']}" if job["is_rebuilt"] else ""
        yield f"job {paint.bold(plain(job['name']))}: {job['change']}{plain(rebuilt)}"


COMMAND = Command(
    "diff", "compare two versions: the texts, and job by job", run,
    (
        DAG,
        argument("before", nargs="?", metavar="A", help=f"{HELP}; without it, active"),
        argument("after", nargs="?", default="latest", metavar="B", help=f"{HELP}; without it, latest"),
        JSON,
    ),
)  # fmt: skip
