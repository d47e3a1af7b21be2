"""What an attempt says it has written for one partition: beside the files, read by whoever commits them.

By hand, as all that a child process needs before its operator is loaded.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any

FORMAT = 1


@dataclass(frozen=True)
class Field:
    """A column as Parquet has it; `type` is Arrow's name of it."""

    name: str
    type: str
    nullable: bool


@dataclass(frozen=True)
class File:
    """`name` is below the manifest, without a path."""

    name: str
    size_bytes: int
    sha256: str
    rows: int


@dataclass(frozen=True)
class Manifest:
    """`key` is the column that partitions are ranges of, with the smallest and the largest value of it; None where there is none."""

    task_id: str
    attempt: int
    dataset_uuid: str
    dataset_version: str
    partition_key: str
    files: Sequence[File]
    schema: Sequence[Field]
    key: str | None = None
    key_min: int | None = None
    key_max: int | None = None

    @property
    def rows(self) -> int:
        return sum(file.rows for file in self.files)

    @property
    def size_bytes(self) -> int:
        return sum(file.size_bytes for file in self.files)

    @property
    def schema_hash(self) -> str:
        return schema_hash(self.schema)

    def to_bytes(self) -> bytes:
        """The same manifest is the same bytes, so that its hash tells it."""
        told = {
            "format": FORMAT,
            **asdict(self),
            "rows": self.rows,
            "size_bytes": self.size_bytes,
            "schema_hash": self.schema_hash,
        }
        return json.dumps(told, sort_keys=True, separators=(",", ":")).encode()

    @classmethod
    def parse(cls, body: bytes) -> Manifest:
        """Raises ValueError, with words for whoever wrote it."""
        told = _object(_json(body), "The manifest")
        if told.get("format") != FORMAT:
            raise ValueError(f"The manifest has the format {told.get('format')!r}; this version of Trace reads {FORMAT}.")
        read = cls(
            task_id=_of(told, "task_id", str), attempt=_of(told, "attempt", int), dataset_uuid=_of(told, "dataset_uuid", str),
            dataset_version=_of(told, "dataset_version", str), partition_key=_of(told, "partition_key", str),
            files=[
                File(_of(one, "name", str), _count(one, "size_bytes"), _of(one, "sha256", str), _count(one, "rows"))
                for one in _objects(told, "files")
            ],
            schema=[
                Field(_of(one, "name", str), _of(one, "type", str), _of(one, "nullable", bool)) for one in _objects(told, "schema")
            ],
            key=_of(told, "key", str, None), key_min=_of(told, "key_min", int, None), key_max=_of(told, "key_max", int, None),
        )  # fmt: skip
        for name in ("rows", "size_bytes", "schema_hash"):
            if told.get(name) != getattr(read, name):
                raise ValueError(
                    f"The manifest's `{name}` is {told.get(name)!r}, and what it lists makes {getattr(read, name)!r}."
                )
        return read


def schema_hash(schema: Sequence[Field]) -> str:
    return sha256(json.dumps([asdict(field) for field in schema], sort_keys=True).encode()).hexdigest()


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise ValueError("The manifest is not JSON.") from None


def _object(value: Any, what: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{what} is not an object.")  # noqa: TRY004  the value is wrong, whatever its type
    return value


def _objects(told: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    values = told.get(name)
    if not isinstance(values, list):
        raise ValueError(f"The manifest's `{name}` is not a list.")  # noqa: TRY004  as above
    return [_object(value, f"An entry of the manifest's `{name}`") for value in values]


def _of(told: Mapping[str, Any], name: str, *kinds: type | None) -> Any:
    value = told.get(name)
    if isinstance(value, int) and abs(value) >= 2**63:
        raise ValueError(f"The manifest's `{name}` is {value}, which is no number of 64 bits.")
    if isinstance(value, str) and not value.isprintable():
        raise ValueError(f"The manifest's `{name}` is {value!r}, which cannot be printed.")
    if not any((value is None) if kind is None else type(value) is kind for kind in kinds):
        raise ValueError(f"The manifest's `{name}` is {value!r}.")
    return value


def _count(told: Mapping[str, Any], name: str) -> int:
    value: int = _of(told, name, int)
    if value < 0:
        raise ValueError(f"The manifest's `{name}` is {value}.")
    return value
