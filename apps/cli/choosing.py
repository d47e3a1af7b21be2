"""A version as somebody names it: 3, latest, active, or its id."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.cli.exits import Refused
from apps.cli.told import Json

if TYPE_CHECKING:
    from apps.cli.dagsapi import DagsApi

METAVAR = "VERSION"
HELP = "a number, `latest`, `active`, or the id of a version"


def choose(api: DagsApi, dag: str, wanted: str) -> Json:
    if wanted == "active":
        active: Json | None = api.dag(dag)["active"]
        if active is None:
            raise no_such_version(dag, f"No version of {dag} is active.")
        return active
    number = wanted.removeprefix("v")
    for version in api.versions(dag):
        if wanted == "latest" or number == str(version["number"]) or wanted == version["id"]:
            return version
    raise no_such_version(dag, f"{dag} has no version `{wanted}`.")


def no_such_version(dag: str, message: str) -> Refused:
    """As Trace itself says it where it is asked by id: the way that somebody named it makes no other exit code."""
    return Refused(message, hint=f"`trace versions {dag}` lists them; {HELP} names one.", status=404, code="unknown_version")


def choose_shown(api: DagsApi, dag: str) -> Json:
    """The one that runs; of a DAG that is switched off the latest."""
    return api.dag(dag)["active"] or choose(api, dag, "latest")
