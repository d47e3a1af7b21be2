"""DAGs that no file is left of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from apps.cli.outcomes import Outcome
from apps.cli.rendering import count
from apps.cli.session import Session

if TYPE_CHECKING:
    from apps.cli.dagsapi import DagsApi


def without_file(api: DagsApi, outcomes: Sequence[Outcome]) -> list[str]:
    """The active ones: what is off already is left alone."""
    names = {outcome.name for outcome in outcomes}
    return [dag["name"] for dag in api.dags() if dag["active"] and dag["name"] not in names]


def agreed(session: Session, names: Sequence[str]) -> bool:
    session.tell(f"No file is left of {count(len(names), 'active DAG')}: {', '.join(names)}.")
    return session.agrees("Switch off?")


def switch_off(session: Session, names: Sequence[str]) -> list[str]:
    for name in names:
        session.api.activate(name, None)
    return list(names)
