"""One dataset, in words: how fresh it is, what it lies in, what it is made of and who reads it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from apps.cli.rendering import count
from apps.cli.told import Json

VERSION_COLUMNS = ("VERSION", "STATE", "PARTITIONS", "ROWS", "BYTES", "LAST COMMIT (UTC)")
SCHEMA_COLUMNS = ("COLUMN", "TYPE", "NULLABLE", "PII", "DESCRIPTION")
_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60))


def facts(found: Json) -> Iterator[str]:
    yield f"{found['name']}, owned by {found['owner'] or 'nobody'}"
    if not found["is_open"]:
        yield "It is not open to you: ask its owner or an admin of the org."
        return
    if found["description"]:
        yield str(found["description"])
    yield f"in {found['storage']}, seen by {found['visibility']}"
    yield from _freshness(found["freshness"])
    yield from _lineage(found)


def _freshness(fresh: Json) -> Iterator[str]:
    block = fresh["highest_block"]
    changed = instant(fresh["last_changed_at"])
    yield f"last change {changed} UTC{f', up to block {block}' if block is not None else ''}" if changed else "never changed yet"
    if fresh["cadence_seconds"]:
        due = f"LATE: it was due at {instant(fresh['due_at'])} UTC" if fresh["is_late"] else "in time"
        yield f"expected to change every {_lasting(fresh['cadence_seconds'])}: {due}"
    if fresh["blocks_behind"]:
        seconds = fresh["seconds_behind"]
        yield f"behind what it is made of by {count(fresh['blocks_behind'], 'block')}{f', {_lasting(seconds)}' if seconds else ''}"


def _lineage(found: Json) -> Iterator[str]:
    """One hop each way, in the direction in which data goes."""
    for one in found["made_by"]:
        read = [*one["datasets"], *(f"{one['dag']}/{job}" for job in one["jobs"])]
        yield f"  {', '.join(read) or 'nothing: a source'} → {_job(one)} → {found['name']}"
    if not found["made_by"]:
        yield f"  {'a DAG that you do not see' if found['producers'] else 'nothing any more'} → {found['name']}"
    for one in found["read_by"]:
        yield f"  {found['name']} → {_job(one)}{' → ' + ', '.join(one['makes']) if one['makes'] else ''}"
    if not found["read_by"]:
        yield f"  {found['name']} → no active job that you see"


def _job(one: Json) -> str:
    return f"{one['dag']}/{one['job']} ({one['operator']})"


def schema_rows(found: Json) -> list[Sequence[object]]:
    return [(one["name"], one["type"], _nullable(one), _pii(one), one["description"]) for one in found.get("columns", [])]


def version_rows(versions: Sequence[Json]) -> list[Sequence[object]]:
    """The newest first."""
    newest = sorted(versions, key=lambda one: str(one["created_at"]), reverse=True)
    return [
        (one["id"], _state(one), f"{one['partitions']:,}", f"{one['rows']:,}", f"{one['size_bytes']:,}", instant(one["committed_at"]))
        for one in newest
    ]  # fmt: skip


def instant(value: str | None) -> str:
    return str(value)[:19].replace("T", " ") if value else ""


def _state(version: Json) -> str:
    if version["is_current"]:
        return "what readers get"
    return "purged" if version["purged_at"] else "not read now"


def _lasting(seconds: int) -> str:
    unit, size = next(((unit, size) for unit, size in _UNITS if seconds >= size), ("second", 1))
    return count(seconds // size, unit)


def _nullable(column: Json) -> str | None:
    return None if column["nullable"] is None else "yes" if column["nullable"] else "no"


def _pii(column: Json) -> str | None:
    return str(column["pii"]["kind"]) if column["pii"] else None
