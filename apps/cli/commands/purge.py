from __future__ import annotations

import json
from argparse import Namespace
from uuid import uuid4

from apps.cli.declaring import JSON, YES, Command, argument
from apps.cli.exits import Exit, Misused
from apps.cli.rendering import count
from apps.cli.session import Session
from apps.cli.told import Json


def run(session: Session, options: Namespace) -> Exit:
    body = _unwanted(options)
    asks = not options.yes and not options.dry_run
    if asks and not session.outside.stdin.isatty():
        raise Misused("This asks before it deletes, and here nobody can answer.", hint="Add --yes.")
    told = session.datasets.purge(options.dataset, {**body, "dry_run": True}, key=None)
    if options.dry_run:
        return _say(session, told, as_json=options.json)
    session.tell(_line(told["going"]))
    if asks and not session.agrees("Delete it for good?"):
        return Exit.FINE
    return _say(session, session.datasets.purge(options.dataset, body, key=str(uuid4())), as_json=options.json)


def _unwanted(options: Namespace) -> Json:
    if not options.superseded and (options.version is None or options.older_than):
        raise Misused("Give --version for a whole version, or --superseded, which alone takes --older-than.")
    body: Json = {"superseded": options.superseded, "older_than_days": options.older_than}
    return body | ({"version": options.version} if options.version else {})


def _say(session: Session, told: Json, *, as_json: bool) -> Exit:
    if as_json:
        session.say(json.dumps(told, indent=2, ensure_ascii=False))
    elif told["purge"]:
        session.say(f"purge {told['purge']['id']} is under way")
    else:
        session.say(_line(told["going"]))
    return Exit.FINE


def _line(going: Json) -> str:
    held = f"; {going['held']} of them once the tasks that read them have ended" if going["held"] else ""
    back = ", ".join(str(number) for number in going["dag_versions"])
    built = f"; going back to version {back} of the DAG then takes building it again" if back else ""
    return f"{count(going['partitions'], 'partition')} would go, which frees {going['size_bytes']:,} bytes{held}{built}"


COMMAND = Command(
    "purge", "delete for good what readers of a dataset do not get any more", run,
    (
        argument("dataset", metavar="DATASET", help="name of a dataset whose partitions are files"),
        argument("--version", metavar="ID", help="a version by its id; whole, or with --superseded what was made again of it"),
        argument("--superseded", action="store_true", help="only what was made again since"),
        argument("--older-than", metavar="DAYS", type=int, default=0, help="of what was superseded: only longer ago than that"),
        argument("--dry-run", action="store_true", help="only say what would go"),
        YES, JSON,
    ),
)  # fmt: skip
