"""Datasets as cryo fetches them. Its files are read, held against headers of our own, and only then worth anything."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from operators.cryo_ingest.config import CryoIngestConfig
from operators.cryo_ingest.cryo_process import TIMEOUT_SECONDS, Failed, order_of, run_cryo
from operators.cryo_ingest.holding import Spine, hold_against
from operators.cryo_ingest.naming import file_name
from operators.sdk.chain.asking import Asking
from operators.sdk.chain.checking import Torn, check_link
from operators.sdk.chain.datasets import COLUMNS
from operators.sdk.chain.headers import headers
from operators.sdk.errors import ConfigurationError, Retry
from operators.sdk.task import Range

if TYPE_CHECKING:
    import pyarrow as pa

# ruff: noqa: PLC0415  pyarrow is imported where rows are there

# By which it is known of which fork a row is; not among the default columns of these.
_HAVE_BLOCK_HASH = frozenset({"transactions", "logs", "erc20_transfers", "erc721_transfers"})
# Runs over the same blocks, the first among them.
TRIES = 3


class CryoEngine:
    """An `Engine`."""

    def __init__(self, asking: Asking, config: CryoIngestConfig, *, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._asking, self._config, self._timeout = asking, config, timeout_seconds
        self._folder = Path(tempfile.mkdtemp(prefix="trace-cryo-"))
        self._below = ""
        self._problems: list[Exception] = []

    def prepare(self, within: Range) -> None:
        """All in one run: it starts slowly, and what of it failed is seen file by file."""
        self._run(within)

    def close(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def read(self, chunk: Range) -> Iterator[pa.Table]:
        for number in range(TRIES):
            if number:
                self._asking.repeated += 1
                self._asking.task.wait(self._asking.pauses[min(number - 1, len(self._asking.pauses) - 1)])
                self._run(chunk, careful=True)
            try:
                table = self._held(chunk)
            except (Failed, Torn) as problem:
                self._problems.append(problem)
            else:
                yield _as_asked(table, self._config)
                return
        raise self._why(chunk)

    def _run(self, within: Range, *, careful: bool = False) -> None:
        order = order_of(
            self._config, within, rpc=self._asking.rpc.address, folder=self._folder, columns=self._columns(), careful=careful
        )
        try:
            run_cryo(order, is_cancelled=lambda: self._asking.task.cancelled, timeout_seconds=self._timeout)
        except Failed as problem:
            self._problems.append(problem)

    def _columns(self) -> list[str]:
        """Where it is known what there is: all of it, and what is not wanted is left out later. Else cryo is told what is."""
        if self._config.cryo_dataset_name in COLUMNS or self._config.cryo_dataset_name in _HAVE_BLOCK_HASH:
            return ["all"]
        return []

    def _held(self, chunk: Range) -> pa.Table:
        """Raises Torn and Failed."""
        table = self._file(chunk)
        spine = Spine.of(headers(self._asking, chunk))
        check_link(self._below, spine.first_parent, number=chunk.start)
        hold_against(table, spine, self._config)
        self._below = spine.last_hash
        return table

    def _file(self, chunk: Range) -> pa.Table:
        import pyarrow as pa
        import pyarrow.parquet as pq

        path = self._folder / file_name(self._config, chunk)
        if not path.exists():
            raise Failed(f"cryo left no file of {chunk.key}")
        try:
            table = pq.read_table(path)
        except (pa.ArrowException, OSError) as error:
            raise Failed(f"cryo left a file of {chunk.key} that cannot be read: {error}") from error
        path.unlink()
        return table

    def _why(self, chunk: Range) -> Exception:
        """A bad request and a node that is away look the same to it: the node answered us in between, or this was never reached."""
        told = str(self._problems[-1] if self._problems else "it gave no reason").rstrip(".")
        refused = [one for one in self._problems if "TypeError" in str(one)]
        if len(refused) >= TRIES:
            self._asking.head()
            return ConfigurationError(
                f"cryo refuses {self._config.cryo_dataset_name} as it is configured, and says no more than that it failed; look at"
                " include_columns, exclude_columns and subjects, and whether this version of cryo knows the dataset."
            )
        return Retry(f"cryo did not fetch {chunk.key} whole in {TRIES} runs: {told}. Another attempt may.")


def _as_asked(table: pa.Table, config: CryoIngestConfig) -> pa.Table:
    """Of a dataset whose columns are known nowhere but in its file."""
    if config.cryo_dataset_name in COLUMNS:
        return table
    unwanted = [name for name in config.exclude_columns if name in table.column_names]
    return _in_one_order(table.drop_columns(unwanted))


def _in_one_order(table: pa.Table) -> pa.Table:
    """Cryo sorts by some columns, and what is equal in these comes as its requests ended: the others decide it here."""
    first = [
        name
        for name in ("block_number", "transaction_index", "log_index", "create_index", "transfer_index")
        if name in table.column_names
    ]
    rest = [field.name for field in table.schema if field.name not in first and _can_be_sorted(field.type)]
    return table.sort_by([(name, "ascending") for name in (*first, *rest)])


def _can_be_sorted(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return not pa.types.is_nested(kind)


def refuse_without_cryo(config: CryoIngestConfig) -> None:
    raise ConfigurationError(
        f"{config.cryo_dataset_name} is fetched by cryo alone, which is not installed on this worker: it is made for Linux on x86-64 with"
        " Python 3.11. Run the job on such a worker, or choose blocks, transactions, logs or traces."
    )
