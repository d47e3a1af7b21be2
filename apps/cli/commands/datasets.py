from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Sequence

from apps.cli.declaring import JSON, Command, argument
from apps.cli.exits import Exit, Misused
from apps.cli.lists import write_list
from apps.cli.rendering import plain, table
from apps.cli.session import Session
from apps.cli.telling_datasets import SCHEMA_COLUMNS, VERSION_COLUMNS, facts, schema_rows, version_rows
from apps.cli.told import Json

_FILTERS = ("search", "late", "requests", "storage", "dag", "tag", "pii", "visibility")


def run(session: Session, options: Namespace) -> Exit:
    query = {name: value for name in _FILTERS if (value := getattr(options, name))}
    if options.name is None:
        return _list(session, query, as_json=options.json)
    if query:
        raise Misused("Give the name of one dataset, or filters for a list: not both.")
    return _show(session, options.name, as_json=options.json)


def _list(session: Session, query: dict[str, str], *, as_json: bool) -> Exit:
    found = session.datasets.datasets(query)
    rows = [(one["name"], one.get("storage", "not open to you"), _made(one), *_fresh(one), one["owner"]) for one in found]
    write_list(session, ("NAME", "STORAGE", "MADE BY", "LAST CHANGE", "LATE", "OWNER"), rows, told=found, as_json=as_json)
    return Exit.FINE


def _show(session: Session, name: str, *, as_json: bool) -> Exit:
    found = session.datasets.dataset(name)
    if as_json:
        session.say(json.dumps(found, indent=2, ensure_ascii=False))
        return Exit.FINE
    for line in facts(found):
        session.say(plain(line))
    _write(session, VERSION_COLUMNS, version_rows(session.datasets.versions(name) if found["is_open"] else []))
    _write(session, SCHEMA_COLUMNS, schema_rows(found))
    return Exit.FINE


def _write(session: Session, head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    for line in ["", *table(head, rows, session.paint)] if rows else []:
        session.say(line)


def _fresh(told: Json) -> tuple[str | None, str | None]:
    fresh = told.get("freshness") or {}
    return fresh.get("last_changed_at"), "late" if fresh.get("is_late") else None


def _made(told: Json) -> str | None:
    jobs = [f"{one['dag']}/{out['job']}" if one["dag"] else "" for one in told.get("producers", []) for out in one["outputs"]]
    return ", ".join(jobs) or None


COMMAND = Command(
    "datasets", "list the datasets of the org, or show one", run,
    (
        argument("name", nargs="?", metavar="NAME", help="name of a dataset; without it, all that you can see"),
        argument("--search", metavar="TEXT", help="part of a name, a description or a column's name"),
        argument("--late", action="store_const", const="yes", help="those that should have changed by now"),
        argument("--requests", action="store_const", const="yes", help="those that somebody asks to read, for who may grant it"),
        argument("--storage", choices=("postgres", "s3", "union"), help="where it lies"),
        argument("--dag", metavar="DAG", help="whose active version publishes it"),
        argument("--tag", metavar="TAG", help="that its DAG gave it"),
        argument("--pii", choices=("yes", "no"), help="whether a column is classified as personal data"),
        argument("--visibility", choices=("private", "role", "org"), help="who sees it without a grant"),
        JSON,
    ),
)  # fmt: skip
