"""Two versions of a DAG, job by job: what changed, and what has to be built anew because of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from apps.dags.document.meaning import JobMeaning, Meaning


class Change(StrEnum):
    """`tuned`: other settings, the same output."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    TUNED = "tuned"
    SAME = "same"


class SourceEffect(StrEnum):
    """What an activation does to a source (`always_on` ones above all)."""

    STARTED = "started"
    STOPPED = "stopped"
    REPLACED = "replaced"
    ADOPTED = "adopted"


@dataclass(frozen=True)
class FieldChange:
    """`path` as in the document: `config.range_size`. What is not there is None."""

    path: str
    before: Any
    after: Any


@dataclass(frozen=True)
class JobChange:
    """`because` says why it is built anew; empty where it is not."""

    name: str
    change: Change
    fields: tuple[FieldChange, ...] = ()
    because: str = ""
    source: SourceEffect | None = None

    @property
    def is_rebuilt(self) -> bool:
        return bool(self.because)


@dataclass(frozen=True)
class DatasetChange:
    name: str
    change: Change
    fields: tuple[FieldChange, ...] = ()


@dataclass(frozen=True)
class Comparison:
    jobs: tuple[JobChange, ...]
    datasets: tuple[DatasetChange, ...]

    @property
    def rebuild_scope(self) -> tuple[str, ...]:
        return tuple(job.name for job in self.jobs if job.is_rebuilt)


def compare(before: Meaning | None, after: Meaning | None) -> Comparison:
    """None: there is nothing there, as before the first activation and after a deactivation."""
    old, new = (before.jobs if before else {}), (after.jobs if after else {})
    reasons = _rebuilt(old, new)
    names = [*new, *(name for name in old if name not in new)]
    jobs = tuple(_job(name, old.get(name), new.get(name), reasons.get(name, "")) for name in names)
    return Comparison(jobs, tuple(_datasets(before.publish if before else {}, after.publish if after else {})))


def _rebuilt(old: Mapping[str, JobMeaning], new: Mapping[str, JobMeaning]) -> dict[str, str]:
    """What is new or defined otherwise, and everything that reads it, directly or not."""
    reasons = {}
    for name, job in new.items():
        if name not in old:
            reasons[name] = "It is new."
        elif job.definition_hash != old[name].definition_hash:
            reasons[name] = "Its definition changed."
    readers: dict[str, list[str]] = {}
    for job in new.values():
        for edge in job.edges:
            readers.setdefault(edge.job, []).append(job.name)
    waiting = list(reasons)
    while waiting:
        name = waiting.pop(0)
        for reader in readers.get(name, []):
            if reader not in reasons:
                reasons[reader] = f"It reads `{name}`, which is built anew."
                waiting.append(reader)
    return reasons


def _job(name: str, old: JobMeaning | None, new: JobMeaning | None, because: str) -> JobChange:
    if new is None:
        return JobChange(name, Change.REMOVED, source=_stopped(old))
    if old is None:
        return JobChange(name, Change.ADDED, because=because, source=SourceEffect.STARTED if new.activation == "source" else None)
    fields = tuple(_differences(old.spec, new.spec))
    same = new.definition_hash == old.definition_hash
    change = (Change.TUNED if fields else Change.SAME) if same else Change.CHANGED
    return JobChange(name, change, fields, because, _across(old, new))


def _across(old: JobMeaning, new: JobMeaning) -> SourceEffect | None:
    if new.activation != "source":
        return _stopped(old)
    if old.activation != "source":
        return SourceEffect.STARTED
    same = new.definition_hash == old.definition_hash and new.spec.get("config") == old.spec.get("config")
    return SourceEffect.ADOPTED if same else SourceEffect.REPLACED


def _stopped(old: JobMeaning | None) -> SourceEffect | None:
    return SourceEffect.STOPPED if old and old.activation == "source" else None


def _datasets(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[DatasetChange]:
    for name in [*new, *(name for name in old if name not in new)]:
        if name not in old:
            yield DatasetChange(name, Change.ADDED)
        elif name not in new:
            yield DatasetChange(name, Change.REMOVED)
        else:
            fields = tuple(_differences(old[name], new[name]))
            yield DatasetChange(name, Change.CHANGED if fields else Change.SAME, fields)


def _differences(old: Any, new: Any, path: str = "") -> Iterator[FieldChange]:
    """Down mappings; a list is one value, because an entry that moved would show as many changes."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in [*new, *(key for key in old if key not in new)]:
            yield from _differences(old.get(key), new.get(key), f"{path}.{key}" if path else str(key))
    elif old != new:
        yield FieldChange(path, old, new)
