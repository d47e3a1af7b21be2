"""Rows as an operator has them, on their way to a table: part by part, each checked before the next is made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from operators.sdk.batching import table_of
from operators.sdk.errors import InputError
from operators.sdk.rows.columns import Column
from operators.sdk.rows.faults import Refused
from operators.sdk.tables import Rows

if TYPE_CHECKING:
    import pyarrow as pa

# ruff: noqa: PLC0415  pyarrow is imported where rows are there

# Digits of a text that is surely in the range of its type; what is longer is looked at value by value.
_SURE_DIGITS = {"int32": 9, "int64": 18, "uint32": 9, "uint64": 19, "uint256": 77, "int256": 76}


def checked_parts(rows: Rows | Iterator[Rows], columns: Sequence[Column]) -> Iterator[pa.Table]:
    """Each with its columns as COPY takes them. Raises InputError with the number of the row, counted over all parts."""
    before = 0
    for part in rows if isinstance(rows, Iterator) else iter([rows]):
        try:
            checked = _checked(part, columns)
        except Refused as refused:
            raise InputError(_told(refused, before)) from refused
        before += checked.num_rows
        yield checked


def _checked(rows: Rows, columns: Sequence[Column]) -> pa.Table:
    from operators.sdk.rows import exact, quick

    table = table_of(rows)
    if table is None:
        return exact.read_rows(cast("Iterable[Mapping[str, Any]]", rows), columns)
    found = quick.settled(table, columns)
    return found if found is not None and _is_sure(found, columns) else exact.read_table(table, columns)


def _is_sure(table: pa.Table, columns: Sequence[Column]) -> bool:
    import pyarrow as pa
    import pyarrow.compute as pc

    return not any(
        pa.types.is_string(table.column(one.name).type)
        and (pc.max(pc.binary_length(table.column(one.name))).as_py() or 0) > _SURE_DIGITS[one.type]
        for one in columns
        if one.type in _SURE_DIGITS
    )


def _told(refused: Refused, before: int) -> str:
    first = refused.faults[0]
    where = f"Row {before + first.row}" if first.row else "They"
    what = f"{where}{f': `{first.column}`' if first.column else ''} {first.reason}"
    more = f" So are {refused.count - 1:,} more values wrong." if refused.count > 1 else ""
    return f"The rows do not fit their table. {what}.{more} Nothing was written."
