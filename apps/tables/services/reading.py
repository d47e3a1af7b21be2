"""A task is told how to read a table of its org: by a login that can become the org's reader, and nothing else."""

from __future__ import annotations

from apps.datasets.models import Dataset
from apps.platform.contracts.buffers import BatchColumn
from apps.platform.contracts.tables import TableToRead
from apps.platform.errors import Invalid, Transient
from apps.platform.tables import READING, OrgNames, Shape
from apps.tables.domain import TableState
from apps.tables.models import HotTable
from apps.tables.selectors import table_of
from apps.tables.services.doors import doors, login_dsn


def open_to_read(dataset: Dataset, *, dsn: str) -> TableToRead:
    """Whether the task may is asked before. `dsn`: of *data*, as the doorkeeper. Raises Transient while it is away, Invalid where
    there is no table to read. Outside of any transaction.
    """
    table, shape = _readable(dataset)
    names = OrgNames(table.org_id)
    with doors.entered(dsn) as connection:
        login = login_dsn(connection, dsn, names, login=names.reading, kept=READING)
    return TableToRead(
        dsn=login, org_id=table.org_id, dataset_id=table.pk, unique=list(shape.unique),
        columns=[BatchColumn(name=one.name, type=one.type, nullable=one.nullable) for one in shape.columns],
    )  # fmt: skip


def _readable(dataset: Dataset) -> tuple[HotTable, Shape]:
    table = table_of(dataset)
    if table is None:
        raise Invalid(
            f"`{dataset.name}` is kept in no table: name a dataset with `storage: postgres`, such as a hot table of block_follower.",
            code="no_table",
        )
    if table.state == TableState.DRIFTED:
        raise Invalid(
            f"The table of `{dataset.name}` was altered by hand: {table.error} Undo that, and look again from the dataset's page.",
            code="table_drifted",
        )
    if table.state == TableState.FAILED and table.built is None:
        raise Invalid(f"The table of `{dataset.name}` cannot be made: {table.error}", code="table_failed")
    if table.state == TableState.PENDING or table.built is None:
        raise Transient("its table is just being made")
    return table, Shape.parse(table.built)
