"""What is kept of how a buffered table was made: one row of an attempt, which grows batch by batch."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from apps.dispatch.models import Event
from apps.lineage.models import Made
from apps.lineage.services import record
from apps.platform.config import Config
from apps.platform.contracts import Claimed
from tests.apps.dispatch.makers import event, finish, publish
from tests.apps.tables.makers import armed, feed, lines, price, running, send
from tests.apps.tables.sinking import sink
from tests.factories import Persona
from tests.fixtures.data import DataPlane

pytestmark = [pytest.mark.django_db, pytest.mark.urls("traceweb.urls.internal"), pytest.mark.usefixtures("with_buckets")]


@pytest.fixture
def held(writer: Persona, data_plane: DataPlane, with_buckets: Config) -> Claimed:
    return running(armed(writer, feed()))


def write(held: Claimed, *numbers: int) -> None:
    """A batch of two rows for each."""
    for number in numbers:
        sink(send(held, lines(price(at=number * 2), price(at=number * 2 + 1)), f"batch-{number}.jsonl"))


def kept() -> list[tuple[int, int | None]]:
    return list(Made.objects.order_by("pk").values_list("times", "rows"))


def events() -> Sequence[Event]:
    return list(Event.objects.filter(identity__contains=":batch:").order_by("pk"))


def test_the_batches_of_an_attempt_are_one_row(held: Claimed) -> None:
    write(held, 0, 1, 2)

    assert kept() == [(3, 6)]


def test_told_again_and_in_another_order_each_counts_once(held: Claimed) -> None:
    write(held, 0, 1, 2)
    ids = [one.pk for one in events()]
    Made.objects.all().delete()

    for some in (ids[1:2], ids[:1], ids[2:], ids):
        record(some)

    assert kept() == [(3, 6)]


def test_what_is_counted_stays_when_its_events_are_forgotten(held: Claimed) -> None:
    write(held, 0, 1, 2)
    Event.objects.filter(pk__in=[one.pk for one in events()[:2]]).delete()

    write(held, 3)

    assert kept() == [(4, 8)]


@pytest.mark.parametrize("rows", ["x", 10**12, 1.5, 2**70], ids=["word", "many", "part", "huge"])
def test_a_task_that_says_batch_counts_for_none(held: Claimed, rows: object) -> None:
    """Else one word of it would keep the lineage of all its neighbours from being written."""
    write(held, 0)

    finish(held, event(held, data={"batch": 1, "rows": rows}))
    publish()

    assert kept()[0] == (1, 2)
    assert Made.objects.filter(times=1).count() == 2
