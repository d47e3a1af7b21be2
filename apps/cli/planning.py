"""What a deployment would do, of documents that are right."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from apps.cli.outcomes import Outcome, Result

if TYPE_CHECKING:
    from apps.cli.dagsapi import DagsApi


def plan_all(api: DagsApi, outcomes: Sequence[Outcome], *, activate: bool) -> None:
    there = {dag["name"] for dag in api.dags()}
    for outcome in outcomes:
        if outcome.result is Result.VALID:
            _plan(api, outcome, there, activate=activate)


def _plan(api: DagsApi, outcome: Outcome, there: Collection[str], *, activate: bool) -> None:
    versions = list(api.versions(outcome.name)) if outcome.name in there else []
    same = next((version for version in versions if version["yaml_hash"] == outcome.document.digest), None)
    outcome.is_active = activate or (same is not None and same["state"] == "active")
    if same is None:
        outcome.result, outcome.version = Result.WOULD_DEPLOY, versions[0]["number"] + 1 if versions else 1
    else:
        changes = activate and same["state"] != "active"
        outcome.result, outcome.version = Result.WOULD_ACTIVATE if changes else Result.UNCHANGED, same["number"]
    if activate and not outcome.can_be_activated and outcome.result is not Result.UNCHANGED:
        outcome.result, outcome.is_active = Result.WOULD_BE_REFUSED, False
