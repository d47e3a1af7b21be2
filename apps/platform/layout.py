"""Where things lie in the object store. Paths are made of ids, so a rename moves nothing; ranges stay visible.

{org}/datasets/{dataset}/{version}/{partition}/{task}-{attempt}/{files}, _manifest.json, _SUCCESS
{org}/scratch/{task}/{attempt}/…
{org}/scratch/repairs/{dead letter}/{any}.jsonl
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from uuid import UUID

MANIFEST, SUCCESS = "_manifest.json", "_SUCCESS"
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_=.-]{0,99}")
_RANGE = re.compile(r"(0|[1-9]\d{0,18})-(0|[1-9]\d{0,18})")


@dataclass(frozen=True)
class AttemptPlace:
    """Where one attempt of a task writes one partition. Nobody else writes there, and nobody reads it before it is committed."""

    org_id: UUID
    dataset_id: UUID
    version_id: UUID
    partition_key: str
    task_id: UUID
    attempt: int

    @property
    def prefix(self) -> str:
        """Ends with a slash."""
        version = version_prefix(self.org_id, self.dataset_id, self.version_id)
        return f"{version}{partition_segment(self.partition_key)}/{self.task_id}-{self.attempt}/"


def version_prefix(org_id: UUID, dataset_id: UUID, version_id: UUID) -> str:
    return f"{org_id}/datasets/{dataset_id}/{version_id}/"


def scratch_prefix(org_id: UUID, task_id: UUID, attempt: int) -> str:
    return f"{org_id}/scratch/{task_id}/{attempt}/"


def repair_key(org_id: UUID, letter_id: UUID, name: UUID) -> str:
    """Of rows that somebody put right. Beside the folders of attempts, whose keys open nothing here."""
    return f"{org_id}/scratch/repairs/{letter_id}/{name}.jsonl"


def partition_segment(key: str) -> str:
    """`0-999` is `0_999`. A key that no path takes, or that looks like a range or a hash, is its hash: no two meet."""
    if found := _RANGE.fullmatch(key):
        return f"{found[1]}_{found[2]}"
    if _PLAIN.fullmatch(key) and not re.fullmatch(r"\d+_\d+|sha256-.*", key):
        return key
    return f"sha256-{hashlib.sha256(key.encode()).hexdigest()}"


@dataclass(frozen=True)
class AttemptFolder:
    """A folder of the store that one attempt wrote to, staging or scratch."""

    prefix: str
    task_id: UUID
    attempt: int


# Written as the paths above are, and as nothing else is.
_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_STAGING = re.compile(rf"({_UUID}/datasets/{_UUID}/{_UUID}/[^/]+/({_UUID})-([1-9]\d{{0,8}})/)[^/]")
_SCRATCH = re.compile(rf"({_UUID}/scratch/({_UUID})/([1-9]\d{{0,8}})/)[^/]")
_REPAIR = re.compile(rf"{_UUID}/scratch/repairs/({_UUID})/{_UUID}\.jsonl")


def folder_of(key: str) -> AttemptFolder | None:
    """None for whatever no attempt has written."""
    found = _STAGING.match(key) or _SCRATCH.match(key)
    return AttemptFolder(found[1], UUID(found[2]), int(found[3])) if found else None


def letter_of(key: str) -> UUID | None:
    """The dead letter whose rows were put right there."""
    found = _REPAIR.fullmatch(key)
    return UUID(found[1]) if found else None
