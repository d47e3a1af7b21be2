from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Iterator

from apps.cli.declaring import JSON, Command, argument
from apps.cli.exits import Exit, Misused
from apps.cli.lists import write_list
from apps.cli.rendering import table
from apps.cli.session import Session
from apps.cli.told import Json

_FILTERS = ("search", "storage", "dag", "tag", "pii", "visibility")
_COLUMNS = ("COLUMN", "TYPE", "NULLABLE", "PII", "DESCRIPTION")


def run(session: Session, options: Namespace) -> Exit:
    query = {name: value for name in _FILTERS if (value := getattr(options, name))}
    if options.name is None:
        return _list(session, query, as_json=options.json)
    if query:
        raise Misused("Give the name of one dataset, or filters for a list: not both.")
    return _show(session, session.datasets.dataset(options.name), as_json=options.json)


def _list(session: Session, query: dict[str, str], *, as_json: bool) -> Exit:
    found = session.datasets.datasets(query)
    rows = [
        (one["name"], one.get("storage", "not open to you"), _made(one), one.get("last_event_at"), one["owner"]) for one in found
    ]
    write_list(session, ("NAME", "STORAGE", "MADE BY", "LAST EVENT", "OWNER"), rows, told=found, as_json=as_json)
    return Exit.FINE


def _show(session: Session, found: Json, *, as_json: bool) -> Exit:
    if as_json:
        session.say(json.dumps(found, indent=2, ensure_ascii=False))
        return Exit.FINE
    for line in _facts(found):
        session.say(line)
    columns = [
        (one["name"], one["type"], _nullable(one), _pii(one), one["description"] or None) for one in found.get("columns", [])
    ]
    for line in table(_COLUMNS, columns, session.paint) if columns else []:
        session.say(line)
    return Exit.FINE


def _facts(found: Json) -> Iterator[str]:
    yield f"{found['name']}, owned by {found['owner'] or 'nobody'}"
    if not found["is_open"]:
        yield "It is not open to you: ask its owner or an admin of the org."
        return
    if found["description"]:
        yield str(found["description"])
    yield f"in {found['storage']}, seen by {found['visibility']}, made by {_made(found) or 'nothing any more'}"
    readers = ", ".join(f"{one['dag']}/{one['job']}" for one in found["read_by"])
    yield f"read by {readers or 'no active job that you see'}"


def _made(told: Json) -> str | None:
    jobs = [f"{one['dag']}/{out['job']}" if one["dag"] else "" for one in told.get("producers", []) for out in one["outputs"]]
    return ", ".join(jobs) or None


def _nullable(column: Json) -> str | None:
    return None if column["nullable"] is None else "yes" if column["nullable"] else "no"


def _pii(column: Json) -> str | None:
    return str(column["pii"]["kind"]) if column["pii"] else None


COMMAND = Command(
    "datasets", "list the datasets of the org, or show one", run,
    (
        argument("name", nargs="?", metavar="NAME", help="name of a dataset; without it, all that you can see"),
        argument("--search", metavar="TEXT", help="part of a name, a description or a column's name"),
        argument("--storage", choices=("postgres", "s3", "union"), help="where it lies"),
        argument("--dag", metavar="DAG", help="whose active version publishes it"),
        argument("--tag", metavar="TAG", help="that its DAG gave it"),
        argument("--pii", choices=("yes", "no"), help="whether a column is classified as personal data"),
        argument("--visibility", choices=("private", "role", "org"), help="who sees it without a grant"),
        JSON,
    ),
)  # fmt: skip
