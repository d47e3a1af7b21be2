"""Partitions that an attempt says it has written: verified before the transaction of its end, committed inside it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from apps.datasets import services as datasets
from apps.datasets.services import Commit, Written
from apps.datasets.stores import data_store
from apps.dispatch.capabilities import Capability
from apps.dispatch.services.facts import facts
from apps.dispatch.spans import range_of_key
from apps.platform.contracts import Completion, ReportedEvent
from apps.platform.contracts.storing import PublishedPartition
from apps.platform.errors import Forbidden, Invalid, Transient, UserError
from apps.platform.layout import AttemptPlace
from operators.sdk.words import Storage

# Of one call: each is three round trips to the object store, and no call may hold up the others for long.
_MOST_AT_ONCE = 64

Verified = Sequence[Commit] | UserError | Transient


def verify(said: Iterable[tuple[Completion, Capability]]) -> list[Verified]:
    """Of one call, each completion by itself. What is too much for a call is to be asked again."""
    left = _MOST_AT_ONCE
    asked: list[list[Written] | UserError | Transient] = []
    for completion, capability in said:
        published = completion.datasets_published
        if left < _MOST_AT_ONCE and len(published) > left:
            asked.append(Transient("Too many partitions come at once; send this completion again."))
            continue
        left -= len(published)
        asked.append(_written(published, capability))
    return _found(asked)


def _found(asked: Sequence[list[Written] | UserError | Transient]) -> list[Verified]:
    """Looked at together; most completions publish nothing, and need no store."""
    with_any = [one for one in asked if isinstance(one, list) and one]
    found = iter(datasets.verify(with_any, data_store()) if with_any else ())
    return [(_fitting(next(found)) if one else ()) if isinstance(one, list) else one for one in asked]


def _written(published: Sequence[PublishedPartition], capability: Capability) -> list[Written] | UserError:
    written: dict[tuple[UUID, str], Written] = {}
    for number, one in enumerate(published):
        if (one.dataset_uuid, one.dataset_version) not in capability.outputs:
            return Forbidden(
                f"datasets_published[{number}]: dataset {one.dataset_uuid} in version {one.dataset_version} is no output of this task.",
                code="foreign_output",
            )
        if (one.dataset_version, one.key) in written:
            return Invalid(f"datasets_published[{number}]: partition {one.key} is published twice.", code="published_twice")
        place = AttemptPlace(
            capability.org_id, one.dataset_uuid, one.dataset_version, one.key, capability.task_id, capability.attempt
        )
        written[one.dataset_version, one.key] = Written(place, one.manifest_sha256, *_bounds(one))
    return list(written.values())


def _fitting(commits: list[Commit] | UserError | Transient) -> Verified:
    """To each other: another attempt would write the same."""
    if not isinstance(commits, list):
        return commits
    if key := datasets.overlapping(commits):
        return Invalid(f"Partition {key} overlaps another one of the same task.", code="range_overlaps")
    schemas: dict[UUID, str] = {}
    for one in commits:
        if schemas.setdefault(one.place.version_id, one.manifest.schema_hash) != one.manifest.schema_hash:
            return Invalid(f"Partition {one.place.partition_key} has another schema than one before it.", code="schema_differs")
    return commits


def _bounds(one: PublishedPartition) -> tuple[int | None, int | None]:
    """Also of a key that is written as a range is: it would be the same partition."""
    return (range_of_key(one.key) or (None, None)) if one.start is None else (one.start, one.end)


def events_of(commits: Sequence[Commit]) -> list[ReportedEvent]:
    """That a partition is there is said by whoever commits it, once it is."""
    return [_event(commit) for commit in commits]


def _event(commit: Commit) -> ReportedEvent:
    place = commit.place
    if commit.start is not None:
        return ReportedEvent(dataset_uuid=place.dataset_id, dataset_version=place.version_id, start=commit.start, end=commit.end)
    return ReportedEvent(dataset_uuid=place.dataset_id, dataset_version=place.version_id, partition_key=place.partition_key)


def refuse_uncommitted(
    events: Sequence[ReportedEvent], committed: Sequence[ReportedEvent], capability: Capability, version_job_id: UUID
) -> None:
    """Raises Invalid. Who reads of an output that is kept as files would find nothing there: a word is no partition."""
    if not events:
        return
    slots = facts(version_job_id)["slots"]
    scopes = {_scope(one) for one in committed}
    for number, event in enumerate(events):
        output = capability.outputs.get((event.dataset_uuid, event.dataset_version))
        if output is None or event.reason is not None or slots[output][1] != Storage.S3 or _scope(event) in scopes:
            continue
        raise Invalid(
            f"events[{number}]: output {output} ({slots[output][0]}) is kept as files, and nothing is committed of what the event"
            " names; write the partition to `task.store`, and leave the event out.",
            code="not_committed",
        )


def _scope(event: ReportedEvent) -> tuple[UUID, str]:
    """Empty for what is no partition."""
    key = event.partition_key if event.start is None else f"{event.start}-{event.end}"
    return event.dataset_version, key or ""
