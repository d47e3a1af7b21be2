"""A version as somebody names it: 3, latest, active, or its id."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.cli.exits import Misused
from apps.cli.told import Json

if TYPE_CHECKING:
    from apps.cli.dagsapi import DagsApi

METAVAR = "VERSION"
HELP = "a number, `latest`, `active`, or the id of a version"


def choose(api: DagsApi, dag: str, wanted: str) -> Json:
    if wanted == "active":
        active: Json | None = api.dag(dag)["active"]
        if active is None:
            raise Misused(f"No version of {dag} is active.", hint=f"`trace versions {dag}` lists them.")
        return active
    number = wanted.removeprefix("v")
    for version in api.versions(dag):
        if wanted == "latest" or number == str(version["number"]) or wanted == version["id"]:
            return version
    raise Misused(f"{dag} has no version `{wanted}`.", hint=f"`trace versions {dag}` lists them; {HELP} names one.")


def choose_shown(api: DagsApi, dag: str) -> Json:
    """The one that runs; of a DAG that is switched off the latest."""
    return api.dag(dag)["active"] or choose(api, dag, "latest")
