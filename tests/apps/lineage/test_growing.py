"""A table that grows block by block has a row for each stretch of blocks that were made in the same way."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from apps.dags.models import Dag
from apps.dispatch.models import Event, TaskInput
from apps.lineage.models import Made, MadeFrom
from apps.lineage.services import record
from apps.platform.contracts import Claimed
from operators.sdk.catalogue import catalogue
from operators.sdk.declaration import Output
from operators.sdk.words import Storage
from tests.apps.datasets.makers import leaves, parquet_dag
from tests.apps.dispatch.makers import arm, event, finish, publish
from tests.factories import Persona

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def live(keeping: None) -> None:
    """As if `sleep` wrote to a table."""
    object.__setattr__(catalogue().operators["sleep"], "outputs", (Output("rows", "What a test writes.", Storage.POSTGRES),))


@pytest.fixture
def dag(writer: Persona) -> Dag:
    return arm(writer, parquet_dag(), name="kept")


@pytest.fixture
def claimed(dag: Dag) -> Iterator[Claimed]:
    """As many tasks as a test asks for."""
    return iter(leaves(dag, (0, 99)))


def tell(claimed: Iterator[Claimed], *cursors: int) -> None:
    for cursor in cursors:
        one = next(claimed)
        finish(one, event(one, cursor=cursor, data={"rows": 2}))
    publish()


def stretches() -> list[tuple[int, int, int]]:
    rows = Made.objects.order_by("cursor")
    return [(int(one.cursor_first or 0), int(one.cursor or 0), one.times) for one in rows]


def test_blocks_that_follow_each_other_are_one_row(claimed: Iterator[Claimed]) -> None:
    for cursor in (5, 6, 7):
        tell(claimed, cursor)

    assert stretches() == [(5, 7, 3)]
    assert Made.objects.get().rows == 6


def test_it_says_by_which_task_it_grew_last(claimed: Iterator[Claimed]) -> None:
    tell(claimed, 5)
    first = Made.objects.get()
    tell(claimed, 6)

    assert Made.objects.get().pk == first.pk
    assert Made.objects.get().task_id != first.task_id


@pytest.mark.parametrize("order", [(5, 7, 6), (7, 6, 5), (6, 7, 5)])
def test_in_whatever_order_they_come(claimed: Iterator[Claimed], order: tuple[int, ...]) -> None:
    for cursor in order:
        tell(claimed, cursor)

    assert stretches() == [(5, 7, 3)]


def test_what_comes_together_is_one_row_as_well(claimed: Iterator[Claimed]) -> None:
    tell(claimed, 7, 5, 6)

    assert stretches() == [(5, 7, 3)]


def test_a_gap_begins_another(claimed: Iterator[Claimed]) -> None:
    tell(claimed, 5)
    tell(claimed, 8)

    assert stretches() == [(5, 5, 1), (8, 8, 1)]


def test_told_twice_it_counts_once(claimed: Iterator[Claimed]) -> None:
    tell(claimed, 5, 6)
    record(list(Event.objects.values_list("pk", flat=True)))

    assert stretches() == [(5, 6, 2)]
    assert MadeFrom.objects.count() == 1


def test_told_again_when_its_inputs_are_forgotten_it_is_still_that_row(claimed: Iterator[Claimed]) -> None:
    tell(claimed, 5)
    TaskInput.objects.all().delete()

    record(list(Event.objects.values_list("pk", flat=True)))

    assert stretches() == [(5, 5, 1)]
    assert MadeFrom.objects.count() == 1


def test_what_was_read_grows_with_it(claimed: Iterator[Claimed]) -> None:
    tell(claimed, 5)
    tell(claimed, 6)

    (read,) = MadeFrom.objects.all()
    assert (read.range_start, read.range_end, read.job) == (0, 19, "chunks")
