"""What the rows of a partition must be like: the columns of its output, the same types in every write, a key within its range."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from operators.sdk.declaration import Column
from operators.sdk.errors import InputError
from operators.sdk.task import Range
from operators.sdk.words import ColumnType as Type

if TYPE_CHECKING:
    import pyarrow as pa

# pyarrow is imported where rows are there: it costs 0.1 s in a child that writes none.
# ruff: noqa: PLC0415


class Shape:
    """`columns` are those that the output declares; where it declares none, the first write says what they are."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = columns
        self._schema: pa.Schema | None = None

    @property
    def schema(self) -> pa.Schema:
        """Raises InputError where nothing has said it."""
        if self._schema is None:
            raise InputError("A partition without rows still has columns: write an empty table that has them.")
        return self._schema

    def fit(self, table: pa.Table) -> pa.Table:
        """The same rows, the columns in their order. Raises InputError."""
        import pyarrow as pa

        if self._columns:
            table = self._ordered(table)
        said = pa.schema([self._field(field) for field in table.schema])
        if self._schema is None:
            self._schema = _usable(said)
        if not said.equals(self._schema):
            raise InputError(f"Every write has the columns of the first. {_difference(self._schema, said)}")
        for field in said:
            if not field.nullable and table.column(field.name).null_count:
                raise InputError(
                    f"The column {field.name} holds nulls, which it is declared not to; fill them, or declare it nullable."
                )
        return pa.Table.from_arrays(table.columns, schema=said)

    def _ordered(self, table: pa.Table) -> pa.Table:
        names = [column.name for column in self._columns]
        if sorted(table.column_names) != sorted(names):
            absent, surplus = set(names) - set(table.column_names), set(table.column_names) - set(names)
            told = [f"{word} {', '.join(sorted(some))}" for word, some in (("without", absent), ("with", surplus)) if some]
            raise InputError(f"The output declares {', '.join(names)}; the table comes {' and '.join(told) or 'with one twice'}.")
        return table.select(names)

    def _field(self, field: pa.Field) -> pa.Field:
        import pyarrow as pa

        column = next((one for one in self._columns if one.name == field.name), None)
        if column is None:
            return pa.field(field.name, field.type, field.nullable)
        if not _FITTING[column.type](field.type):
            raise InputError(f"The column {column.name} is declared as {column.type.value}; {field.type} is none. Cast it.")
        return pa.field(field.name, field.type, column.nullable)


class KeyBounds:
    """The smallest and the largest value of the column that partitions are ranges of."""

    def __init__(self, name: str | None, within: Range | None) -> None:
        self.name, self._within = name, within
        self.least: int | None = None
        self.most: int | None = None

    def take(self, table: pa.Table) -> None:
        """Raises InputError for what does not belong here."""
        if self.name is None:
            return
        least, most = _bounds(table, self.name)
        if least is None or most is None:
            return
        if self._within is not None and not self._within.start <= least <= most <= self._within.end:
            raise InputError(f"{self.name} goes from {least} to {most}, beyond the partition {self._within.key}: split the rows.")
        self.least = least if self.least is None else min(self.least, least)
        self.most = most if self.most is None else max(self.most, most)


def _bounds(table: pa.Table, name: str) -> tuple[int | None, int | None]:
    import pyarrow as pa
    import pyarrow.compute as pc

    if table.column_names.count(name) != 1:
        raise InputError(f"There is no column {name} to tell the partition's rows by; name the one that holds its range.")
    column = table.column(name)
    if not pa.types.is_integer(column.type):
        raise InputError(f"The key {name} is {column.type}; a range is of whole numbers. Cast it to int64 or uint64.")
    if column.null_count:
        raise InputError(f"The key {name} holds {column.null_count} nulls; leave those rows out, or fill them.")
    found = pc.min_max(column).as_py()
    return found["min"], found["max"]


def _usable(schema: pa.Schema) -> pa.Schema:
    names = schema.names
    if not names or len(set(names)) < len(names):
        raise InputError("A table has at least one column, and no two of the same name.")
    return schema


def _difference(first: pa.Schema, now: pa.Schema) -> str:
    if first.names != now.names:
        return f"They were {', '.join(first.names)}, and are {', '.join(now.names)}."
    changed = next(old.name for old, new in zip(first, now, strict=True) if not old.equals(new))
    return f"{changed} was {_told(first.field(changed))}, and is {_told(now.field(changed))}."


def _told(field: pa.Field) -> str:
    return f"{field.type}{'' if field.nullable else ' without nulls'}"


def _is(*names: str) -> Callable[[pa.DataType], bool]:
    def fits(found: pa.DataType) -> bool:
        import pyarrow as pa

        return any(getattr(pa.types, f"is_{name}")(found) for name in names)

    return fits


_BINARY = _is("binary", "large_binary", "fixed_size_binary")
_TEXT = _is("string", "large_string", "dictionary")
# cryo writes numbers beyond 64 bits and hashes as bytes without a fixed length; others fix it.
_FITTING: Mapping[Type, Callable[[pa.DataType], bool]] = {
    Type.TEXT: _TEXT, Type.JSON: _TEXT, Type.BOOLEAN: _is("boolean"), Type.INT32: _is("int32"), Type.INT64: _is("int64"),
    Type.UINT32: _is("uint32"), Type.UINT64: _is("uint64"), Type.UINT256: _BINARY, Type.INT256: _BINARY, Type.FLOAT64: _is("float64"),
    Type.DECIMAL: _is("decimal"), Type.TIMESTAMP: _is("timestamp"), Type.DATE: _is("date32"), Type.BYTES: _BINARY,
    Type.ADDRESS: _BINARY, Type.HASH: _BINARY, Type.UUID: _BINARY,
}  # fmt: skip
