from __future__ import annotations

from argparse import Namespace

from apps.cli.declaring import JSON, Command
from apps.cli.exits import Exit
from apps.cli.lists import write_list
from apps.cli.session import Session


def run(session: Session, options: Namespace) -> Exit:
    dags = session.api.dags()
    rows = [(dag["name"], dag["active"]["number"] if dag["active"] else None, dag["latest_number"], dag["owner"]) for dag in dags]
    write_list(session, ("NAME", "ACTIVE", "LATEST", "OWNER"), rows, told=dags, as_json=options.json)
    return Exit.FINE


COMMAND = Command("dags", "list the DAGs of the org that you can see, by name", run, (JSON,))
