from __future__ import annotations

from argparse import Namespace

from apps.cli.declaring import DAG, JSON, Command
from apps.cli.exits import Exit
from apps.cli.lists import write_list
from apps.cli.session import Session


def run(session: Session, options: Namespace) -> Exit:
    versions = list(session.api.versions(options.dag))
    rows = [
        (one["number"], one["state"], str(one["created_at"])[:19].replace("T", " "), one["created_by"], one["id"])
        for one in versions
    ]
    write_list(session, ("VERSION", "STATE", "DEPLOYED (UTC)", "BY", "ID"), rows, told=versions, as_json=options.json)
    return Exit.FINE


COMMAND = Command("versions", "list the versions of a DAG, the newest first", run, (DAG, JSON))
