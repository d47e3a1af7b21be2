"""What a purge would delete, what can no longer be gone back to then, and who forbids it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from apps.dags.models import Build, Dag, DagVersion
from apps.dags.selectors import open_build
from apps.datasets.models import Output, Pointer, Purge, Version
from apps.datasets.services import Going
from apps.dispatch.services import look_at_purge
from apps.platform.errors import Conflict


@dataclass(frozen=True)
class Unwanted:
    """A whole version; or, with `before`, what was superseded until then, of one version or of all."""

    output: Output
    version: Version | None = None
    before: datetime | None = None


@dataclass(frozen=True)
class PurgePreview:
    """`numbers`: versions of the DAG that would have to be built again to be gone back to."""

    going: Going
    numbers: list[int]


def purge_preview(unwanted: Unwanted) -> PurgePreview:
    going = look_at_purge(unwanted.output, unwanted.version, before=unwanted.before)
    is_whole = unwanted.version is not None and unwanted.before is None
    return PurgePreview(going, _numbers(unwanted.version) if is_whole and unwanted.version else [])


def _numbers(version: Version) -> list[int]:
    of = Pointer.objects.filter(version=version).values("dag_version_id")
    return list(DagVersion.objects.filter(pk__in=of).order_by("number").values_list("number", flat=True))


def check_unwanted(unwanted: Unwanted, dag: Dag | None) -> None:
    """Raises Conflict. `dag`: the one that makes it, if there still is one; locked, where the answer has to hold."""
    version = unwanted.version
    if _is_open(unwanted):
        raise Conflict("A purge of it is under way already: look at its progress.", code="purge_under_way")
    if version is None or unwanted.before is not None:
        return
    if version.purged_at is not None:
        raise Conflict("This version was purged before: nothing is left of it.", code="version_purged")
    if Output.objects.filter(pk=unwanted.output.pk, current=version).exists():
        raise Conflict(
            "This version is what readers get. Activate another version of its DAG first; what was superseded of it can be purged.",
            code="version_is_read",
        )
    build = open_build(dag) if dag else None
    if dag and _is_of(version, dag, build):
        raise Conflict(
            f"A version of `{dag.name}` that is active, or being built, is made of it. Activate another one first.",
            code="version_is_needed",
        )


def _is_of(version: Version, dag: Dag, build: Build | None) -> bool:
    needed = [one for one in (dag.active_id, build and build.version_id) if one]
    return Pointer.objects.filter(version=version, dag_version_id__in=needed).exists()


def _is_open(unwanted: Unwanted) -> bool:
    found = Purge.objects.filter(output=unwanted.output, done_at=None)
    return found.filter(version=unwanted.version, before__isnull=unwanted.before is None).exists()


def purges_of(output: Output) -> list[Purge]:
    """The newest first."""
    return list(Purge.objects.filter(output=output).select_related("begun_by", "version").order_by("-pk")[:20])
