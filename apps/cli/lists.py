from __future__ import annotations

import json
from collections.abc import Sequence

from apps.cli.rendering import table
from apps.cli.session import Session
from apps.cli.told import Json


def write_list(
    session: Session, head: Sequence[str], rows: Sequence[Sequence[object]], *, told: Sequence[Json], as_json: bool
) -> None:
    """`told`: what Trace said, as programs get it."""
    lines = [json.dumps(told, indent=2, ensure_ascii=False)] if as_json else table(head, rows, session.paint)
    for line in lines:
        session.say(line)
