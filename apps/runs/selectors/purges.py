"""What a purge would delete, what can no longer be gone back to then, and who forbids it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from apps.dags.models import Build, Dag, DagVersion
from apps.dags.selectors import open_build
from apps.datasets.models import Output, Pointer, Purge, Version
from apps.datasets.services import Going
from apps.dispatch.services import PURGE, look_at_purge
from apps.outbox.domain import State
from apps.outbox.models import Message
from apps.outbox.selectors import unsettled
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


class PurgeState(StrEnum):
    """`failed`: nobody goes on with it, until somebody asks for it."""

    RUNNING = "running"
    WAITING = "waiting"
    FAILED = "failed"
    DONE = "done"


@dataclass(frozen=True)
class ShownPurge:
    """`why` it waits or failed, `since` when, and when it is tried again by itself."""

    purge: Purge
    state: PurgeState
    why: str = ""
    since: datetime | None = None
    next_try_at: datetime | None = None


def purges_of(output: Output) -> list[ShownPurge]:
    """The newest first."""
    found = list(Purge.objects.filter(output=output).select_related("begun_by", "version").order_by("-pk")[:20])
    return shown_purges(found)


def shown_purges(found: Sequence[Purge]) -> list[ShownPurge]:
    messages = messages_of([one for one in found if one.done_at is None])
    return [_shown(one, messages.get(one.pk, [])) for one in found]


def messages_of(purges: Sequence[Purge]) -> Mapping[UUID, list[Message]]:
    """By purge those that have it go on."""
    found: dict[UUID, list[Message]] = defaultdict(list)
    for message in unsettled(PURGE, "purge_id", [str(one.pk) for one in purges]) if purges else []:
        found[UUID(message.payload["purge_id"])].append(message)
    return found


def _shown(purge: Purge, messages: Sequence[Message]) -> ShownPurge:
    if purge.done_at is not None:
        return ShownPurge(purge, PurgeState.DONE)
    pending = [one for one in messages if one.state == State.PENDING]
    if not pending:
        why = purge.problem or next((one.error for one in messages), "") or "Its message is gone."
        return ShownPurge(purge, PurgeState.FAILED, why, purge.problem_since or purge.begun_at)
    if not purge.problem:
        return ShownPurge(purge, PurgeState.RUNNING)
    return ShownPurge(purge, PurgeState.WAITING, purge.problem, purge.problem_since, min(one.due_at for one in pending))
