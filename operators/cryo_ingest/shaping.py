"""From rows as they were read to rows as the config wants them: which columns, as what, in which order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from operators.cryo_ingest.config import CryoIngestConfig
from operators.sdk.errors import ConfigurationError

if TYPE_CHECKING:
    import pyarrow as pa

# ruff: noqa: PLC0415  pyarrow is imported where rows are there


def shaped(table: pa.Table, config: CryoIngestConfig) -> pa.Table:
    """The columns of a dataset whose columns are known here; of another cryo has seen to it."""
    if columns := config.file_columns:
        table = table.select([column.name for column in columns])
    return _as_hex(table) if config.hex else table


def ordered(table: pa.Table, config: CryoIngestConfig) -> pa.Table:
    """By `sort_by`. What is equal there stays in its order."""
    import pyarrow as pa

    if absent := [name for name in config.sort_by if name not in table.column_names]:
        raise ConfigurationError(
            f"sort_by names {absent[0]}, and the files have no such column; choose of {', '.join(table.column_names)}."
        )
    # pyarrow does not promise to leave equal rows as they are.
    numbered = table.append_column("\x00place", pa.array(range(table.num_rows), pa.int64()))
    keys = [*((name, "ascending") for name in config.sort_by), ("\x00place", "ascending")]
    return numbered.sort_by(keys).drop_columns(["\x00place"])


def _as_hex(table: pa.Table) -> pa.Table:
    import pyarrow as pa

    for number, field in enumerate(table.schema):
        if pa.types.is_large_binary(field.type) or pa.types.is_binary(field.type):
            table = table.set_column(number, field.name, _hex_text(table.column(number)))
    return table


def _hex_text(column: pa.ChunkedArray) -> Any:
    import pyarrow as pa

    return pa.array([None if one is None else f"0x{one.hex()}" for one in column.to_pylist()], pa.large_string())
