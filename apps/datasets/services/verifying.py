"""Before a commit: that what an attempt says it has written is there, and is what it says.

Outside any transaction: it asks the object store. What is missing may yet appear (503, the worker asks again within its lease);
what is false never becomes true (422, and no further attempt).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from hashlib import sha256
from itertools import islice
from typing import Any, NoReturn
from uuid import UUID

from django.db import connection

from apps.datasets.footers import NoStatistics, read_footer
from apps.datasets.models import Version
from apps.datasets.services.committing import OVERLAPS, Commit
from apps.platform.errors import Invalid, Transient, UserError
from apps.platform.layout import MANIFEST, SUCCESS, AttemptPlace
from apps.platform.ports.objects import ObjectMissing, ObjectStore
from operators.sdk.arrow_names import fits
from operators.sdk.manifest import File, Manifest

MOST_FILES, MOST_FILE_BYTES, MOST_BYTES = 256, 512 * 1024 * 1024, 2 * 1024 * 1024 * 1024
# Of a partition whose files do not say what their keys are; as many as are read in a moment, for the caller waits.
MOST_ROWS_READ = 4_000_000
_MOST_MANIFEST_BYTES = 1024 * 1024
_AT_ONCE = 8


@dataclass(frozen=True)
class Written:
    """A partition that an attempt says it has written. `start` and `end` are of a key that is a range."""

    place: AttemptPlace
    manifest_sha256: str
    start: int | None
    end: int | None


def verify(attempts: Sequence[Sequence[Written]], store: ObjectStore) -> list[list[Commit] | UserError | Transient]:
    """Of each attempt what it may commit, in its order; or why the first that cannot be committed cannot."""
    found = iter(_looked_at([one for written in attempts for one in written], store))
    return [_together(list(islice(found, len(written)))) for written in attempts]


def _together(found: Sequence[Commit | UserError | Transient]) -> list[Commit] | UserError | Transient:
    refused = next((one for one in found if not isinstance(one, Commit)), None)
    return refused or [one for one in found if isinstance(one, Commit)]


def _looked_at(written: Sequence[Written], store: ObjectStore) -> list[Commit | UserError | Transient]:
    """The database is asked once for all, and by this thread. The store several times at once: it is a few round trips for each."""
    ids = {one.place.version_id for one in written}
    versions = {row.pk: row for row in Version.objects.filter(pk__in=ids).select_related("output")}
    look = partial(_look_at, store, versions)
    found = list(_pool().map(look, written)) if len(written) > 1 else [look(one) for one in written]
    met = _met([one for one in found if isinstance(one, Commit)])
    return [_overlapping(one, met.get(one.place, "")) if isinstance(one, Commit) else one for one in found]


@cache
def _pool() -> ThreadPoolExecutor:
    """One per process: a machine with two cores has nothing of more of them, and the store has other callers."""
    return ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="verify")


def _look_at(store: ObjectStore, versions: Mapping[UUID, Version], one: Written) -> Commit | UserError | Transient:
    try:
        version = _version(one.place, versions.get(one.place.version_id))
        commit = Commit(one.place, _manifest_of(store, one), one.manifest_sha256, one.start, one.end)
        _check_schema(one.place, commit.manifest, version)
        _check_range(commit)
    except (UserError, Transient) as refusal:
        # Its neighbours are looked at all the same.
        return refusal
    return commit


def _version(place: AttemptPlace, version: Version | None) -> Version:
    if version is None or version.output_id != place.dataset_id or version.output.storage != "s3":
        _refuse(place, "output_not_stored", "is of an output that no files are committed of; emit an event instead")
    if version.purged_at is not None:
        _refuse(place, "version_purged", "is of a version that was purged; nothing is added to it")
    return version


def _manifest_of(store: ObjectStore, written: Written) -> Manifest:
    """Compared with what lies there."""
    place = written.place
    sizes = {found.key.removeprefix(place.prefix): found.size for found in store.list(place.prefix)}
    manifest = _manifest(place, written.manifest_sha256, store, sizes)
    _check_place(place, manifest)
    # Before any of its files is looked at.
    _check_sums(place, manifest)
    left = MOST_ROWS_READ
    for file in manifest.files:
        left -= _check_file(place, file, manifest, store, sizes, most_read=left)
    return manifest


def _refuse(place: AttemptPlace, code: str, words: str) -> NoReturn:
    raise Invalid(f"Partition {place.partition_key} {words}.", code=code)


def _manifest(place: AttemptPlace, said_sha256: str, store: ObjectStore, sizes: Mapping[str, int]) -> Manifest:
    for name in (SUCCESS, MANIFEST):
        if name not in sizes:
            raise Transient(f"Partition {place.partition_key}: there is no {name} at {place.prefix} yet.")
    if sizes[MANIFEST] > _MOST_MANIFEST_BYTES:
        _refuse(place, "manifest_too_large", f"has a manifest of {sizes[MANIFEST]:,} bytes; write fewer, larger files")
    try:
        body = store.get(place.prefix + MANIFEST)
    except ObjectMissing:
        raise Transient(f"Partition {place.partition_key}: its {MANIFEST} went away.") from None
    if sha256(body).hexdigest() != said_sha256:
        _refuse(place, "manifest_differs", f"has another {MANIFEST} than the one that was reported")
    try:
        return Manifest.parse(body)
    except ValueError as error:
        _refuse(place, "manifest_unreadable", f"cannot be committed. {str(error).rstrip('.')}")


def _check_place(place: AttemptPlace, manifest: Manifest) -> None:
    said = (manifest.task_id, manifest.attempt, manifest.dataset_uuid, manifest.dataset_version, manifest.partition_key)
    if said != (str(place.task_id), place.attempt, str(place.dataset_id), str(place.version_id), place.partition_key):
        _refuse(place, "manifest_of_another", f"has the manifest of another place: {', '.join(map(str, said))}")
    names = [file.name for file in manifest.files]
    if len(set(names)) != len(names):
        _refuse(place, "manifest_false", "lists a file twice")
    if not names or len(names) > MOST_FILES:
        _refuse(place, "too_many_files", f"has {len(names):,} files; it takes 1 to {MOST_FILES}")


def _check_file(
    place: AttemptPlace, file: File, manifest: Manifest, store: ObjectStore, sizes: Mapping[str, int], *, most_read: int
) -> int:
    """How many rows were read for it."""
    if "/" in file.name or "\\" in file.name or file.name.startswith(("_", ".")) or not file.name.isprintable():
        _refuse(place, "manifest_false", f"lists {file.name!r}, which is no file name of its own folder")
    if file.name not in sizes:
        raise Transient(f"Partition {place.partition_key}: {file.name} is not there yet.")
    if sizes[file.name] != file.size_bytes:
        _refuse(place, "manifest_false", f"lists {file.name} with {file.size_bytes:,} bytes, and it has {sizes[file.name]:,}")
    if file.size_bytes > MOST_FILE_BYTES:
        _refuse(place, "file_too_large", f"has a file of {file.size_bytes:,} bytes; at most {MOST_FILE_BYTES:,} are taken")
    try:
        footer = read_footer(
            store, place.prefix + file.name, size_bytes=file.size_bytes, column=manifest.key, most_read=most_read
        )
    except NoStatistics as error:
        _refuse(place, "no_statistics", f"lists {file.name}, and {error}")
    except ValueError as error:
        _refuse(place, "file_unreadable", f"lists {file.name}, and {error}")
    if footer.rows != file.rows:
        _refuse(place, "manifest_false", f"lists {file.name} with {file.rows:,} rows, and it has {footer.rows:,}")
    if list(footer.schema) != list(manifest.schema):
        _refuse(place, "wrong_schema", f"lists a schema that {file.name} does not have")
    _check_key(place, file, manifest, footer.smallest, footer.largest, has_nulls=footer.has_nulls)
    return footer.rows_read


def _check_key(
    place: AttemptPlace, file: File, manifest: Manifest, low: int | None, high: int | None, *, has_nulls: bool
) -> None:
    if has_nulls:
        _refuse(place, "null_key", f"has rows without a `{manifest.key}` in {file.name}")
    outside = [value for value in (low, high) if value is not None and not _covers(manifest, value)]
    if outside:
        _refuse(place, "manifest_false", f"has {manifest.key} {outside[0]} in {file.name}, outside of what its manifest says")


def _covers(manifest: Manifest, value: int) -> bool:
    return manifest.key_min is not None and manifest.key_max is not None and manifest.key_min <= value <= manifest.key_max


def _check_sums(place: AttemptPlace, manifest: Manifest) -> None:
    if manifest.size_bytes > MOST_BYTES:
        _refuse(
            place, "partition_too_large", f"has {manifest.size_bytes:,} bytes; at most {MOST_BYTES:,} are taken. Split the range"
        )
    if manifest.key is not None and manifest.key not in {field.name for field in manifest.schema}:
        _refuse(place, "manifest_false", f"has the key `{manifest.key}`, which is none of its columns")


def _check_schema(place: AttemptPlace, manifest: Manifest, version: Version) -> None:
    declared = {column["name"]: column["type"] for column in version.columns}
    written = {field.name for field in manifest.schema}
    if declared and declared.keys() != written:
        differ = ", ".join(sorted(declared.keys() ^ written))
        _refuse(place, "wrong_schema", f"does not have the columns that its operator declares; they differ in: {differ}")
    odd = [field for field in manifest.schema if (kind := declared.get(field.name)) and not fits(kind, field.type)]
    if odd:
        field = odd[0]
        _refuse(
            place, "wrong_type", f"has `{field.name}` as {field.type}, and its operator declares {declared[field.name]}. Cast it"
        )
    if version.schema_hash not in {"", manifest.schema_hash}:
        before = {(field["name"], field["type"], field["nullable"]) for field in version.schema}
        differ = ", ".join(
            sorted({field.name for field in manifest.schema if (field.name, field.type, field.nullable) not in before})
        )
        _refuse(
            place, "schema_differs", f"has another schema than those before it in its version: {differ or 'the order of columns'}"
        )


def _check_range(commit: Commit) -> None:
    if commit.start is None or commit.end is None:
        return
    manifest = commit.manifest
    bounds = [value for value in (manifest.key_min, manifest.key_max) if value is not None]
    if any(not commit.start <= value <= commit.end for value in bounds):
        _refuse(
            commit.place,
            "outside_of_range",
            f"has {manifest.key} from {manifest.key_min} to {manifest.key_max}, outside of its range",
        )


def _met(commits: Sequence[Commit]) -> dict[AttemptPlace, str]:
    """By place the key of one that is committed, and that it overlaps without holding it whole."""
    ranges = [one for one in commits if one.start is not None]
    if not ranges:
        return {}
    said: dict[str, Any] = {
        "versions": [one.place.version_id for one in ranges],
        "starts": [one.start for one in ranges],
        "ends": [one.end for one in ranges],
    }
    with connection.cursor() as cursor:
        cursor.execute(OVERLAPS, said)
        return {ranges[number - 1].place: key for number, key in cursor.fetchall()}


def _overlapping(commit: Commit, met: str) -> Commit | Invalid:
    """Partitions of a version never overlap: a reader would get rows twice. One that holds others whole takes their place."""
    if not met:
        return commit
    return Invalid(
        f"Partition {commit.place.partition_key} overlaps {met}, which is committed, without holding it whole. Run a range that"
        " begins and ends where partitions do.",
        code="range_overlaps",
    )
