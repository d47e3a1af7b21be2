"""A batch value by value, in Python: slow, and with the words for all that is wrong."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa

from operators.sdk.rows.columns import Column
from operators.sdk.rows.faults import Faults
from operators.sdk.rows.kinds import NotOfItsType, in_words

Row = Mapping[str, Any]


def read_lines(body: bytes, columns: Sequence[Column]) -> pa.Table:
    """Raises Refused."""
    faults = Faults()
    return _checked(_rows(body, faults), columns, faults)


def read_table(read: pa.Table, columns: Sequence[Column]) -> pa.Table:
    """Raises Refused."""
    faults = Faults()
    rows = (row for part in read.to_batches(max_chunksize=10_000) for row in part.to_pylist())
    return _checked(enumerate(rows, start=1), columns, faults)


def read_rows(rows: Iterable[Row], columns: Sequence[Column]) -> pa.Table:
    """Raises Refused."""
    return _checked(enumerate(rows, start=1), columns, Faults())


def _checked(rows: Iterable[tuple[int, Row]], columns: Sequence[Column], faults: Faults) -> pa.Table:
    by_name = {column.name: column for column in columns}
    kept: dict[str, list[str | None]] = {column.name: [] for column in columns}
    for number, row in rows:
        for name in row.keys() - by_name.keys():
            faults.add(number, name, "is no column of the dataset's schema")
        for name, column in by_name.items():
            kept[name].append(_value(number, column, row, faults))
    faults.raise_if_any()
    return pa.table([pa.array(values, pa.string()) for values in kept.values()], names=list(kept))


def _value(number: int, column: Column, row: Row, faults: Faults) -> str | None:
    value = row.get(column.name)
    if value is None:
        if not column.nullable:
            faults.add(number, column.name, "is null" if column.name in row else "is missing")
        return None
    try:
        return in_words(column.type, value)
    except NotOfItsType as error:
        faults.add(number, column.name, str(error))
        return None


class _Twice(ValueError):
    pass


def _rows(body: bytes, faults: Faults) -> Iterator[tuple[int, Row]]:
    for number, line in enumerate(body.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line.decode(), parse_float=Decimal, parse_constant=_no_constant, object_pairs_hook=_once)
        except (ValueError, ArithmeticError, RecursionError) as error:  # arithmetic: an exponent that no Decimal has
            faults.add(number, "", f"cannot be read: {error}" if isinstance(error, _Twice) else f"is no JSON: {error}")
            continue
        if isinstance(row, dict):
            yield number, row
        else:
            faults.add(number, "", "is no JSON object: a row is `{column: value, …}`")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) != len(pairs):
        raise _Twice("a name stands in it twice")
    return read


def _no_constant(word: str) -> Any:
    raise ValueError(f"{word} is no number of JSON")
