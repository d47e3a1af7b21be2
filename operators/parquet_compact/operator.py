from __future__ import annotations

from collections.abc import Sequence

from operators.parquet_compact.config import ParquetCompactConfig
from operators.parquet_compact.wholeness import Wholeness
from operators.sdk.errors import ConfigurationError, InputError, NotYet, Retry
from operators.sdk.hot import Hot
from operators.sdk.parquet import MostRows
from operators.sdk.task import Range, TaskContext

KEY = "block_number"
# A chain makes a block in 0.4 to 12 seconds: asked again about when it may be so far, and never more than once a minute late.
_SOONEST_SECONDS, _LATEST_SECONDS = 2.0, 60.0


class ParquetCompact:
    def run(self, task: TaskContext[ParquetCompactConfig]) -> None:
        for within in _ranges(task):
            _compact(task, task.hot(task.config.hot_dataset), within)


def _ranges(task: TaskContext[ParquetCompactConfig]) -> Sequence[Range]:
    """Mostly one, however often it was told of."""
    found = [arrived.event.range for arrived in task.arrived]
    if not found or None in found:
        raise ConfigurationError("It compacts ranges of blocks, and what arrived is none; take the output of range_aggregator.")
    return list(dict.fromkeys(one for one in found if one is not None))


def _compact(task: TaskContext[ParquetCompactConfig], hot: Hot, within: Range) -> None:
    config, schema = task.config, hot.schema
    _require_columns(config, hot)
    if hot.is_settled and hot.moved(within):
        # Told of twice, as after a reorg in a range that was not final yet: whoever came first has done it.
        task.log.info("compacted already", table=hot.name, blocks=within.key)
        return
    _require_there(hot, within)
    _wait_for_finality(config, hot, within)
    whole = Wholeness(schema, within, chain_id=config.chain_id, unique=hot.unique)
    with task.store.partition(
        0,
        range=within,
        key=KEY,
        compression=config.compression,
        most_rows=MostRows(config.rows_per_file, config.rows_per_group),
    ) as partition:
        # A range may be without logs: its file still has their columns.
        partition.write(schema.empty_table())
        for batch in hot.rows(within, key=KEY, order_by=_order(config, hot)):
            if task.cancelled:
                raise Retry("It was asked to stop in the middle of a range.")
            whole.take(batch)
            partition.write(batch)
            task.progress(whole.rows, note=within.key)
        whole.finish()
    task.metric("rows_compacted", whole.rows)
    task.log.info("compacted", table=hot.name, blocks=within.key, rows=whole.rows)


def _require_columns(config: ParquetCompactConfig, hot: Hot) -> None:
    names = hot.schema.names
    if absent := [name for name in (*config.sort_by, "chain_id") if name not in names]:
        raise ConfigurationError(
            f"{hot.name} has no column {', '.join(absent)}; it has {', '.join(names)}. Sort by columns that it has, and compact tables of a chain."
        )
    if config.delete_after_commit and "block_hash" not in names:
        raise ConfigurationError(
            f"{hot.name} has no column block_hash, by which its rows are known for those that were compacted: leave delete_after_commit out."
        )


def _require_there(hot: Hot, within: Range) -> None:
    if moved := hot.moved(within):
        raise InputError(
            f"{_told(moved)} of {hot.name} were compacted and then deleted from it, so {within.key} cannot be made from it again."
            " A follower fetches it again when it finds a reorg there. Otherwise backfill that range by cryo_ingest into a dataset of its own,"
            " or begin anew with `bootstrap: {reset_outputs: true}`."
        )


def _wait_for_finality(config: ParquetCompactConfig, hot: Hot, within: Range) -> None:
    bounds = hot.bounds(KEY)
    if bounds is None:
        raise NotYet(f"{hot.name} has no rows yet.", seconds=_LATEST_SECONDS)
    missing = within.end + config.finality_depth_blocks - bounds.end
    if missing > 0:
        raise NotYet(
            f"{within.key} is not final yet: {config.finality_depth_blocks:,} blocks must lie above it, and the highest of {hot.name}"
            f" is {bounds.end:,}, {missing:,} too few.",
            seconds=min(max(float(missing), _SOONEST_SECONDS), _LATEST_SECONDS),
        )


def _order(config: ParquetCompactConfig, hot: Hot) -> list[str]:
    """The same rows always come in the same order: after what was asked for, by what tells them apart."""
    rest = hot.unique or hot.schema.names
    return list(dict.fromkeys([*config.sort_by, *rest]))


def _told(ranges: Sequence[Range]) -> str:
    few = ", ".join(one.key for one in ranges[:3])
    return f"{few} and {len(ranges) - 3:,} more ranges" if len(ranges) > 3 else few
