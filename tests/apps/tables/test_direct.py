"""A task that writes its table itself: whole or not at all, exactly, as its org alone, and only while it is the one that may."""

from __future__ import annotations

import dataclasses
from typing import Any

import psycopg
import pyarrow as pa
import pytest
from django.conf import settings
from django.test import override_settings

from apps.dispatch.services import facts
from apps.dispatch.services.fences import StaleFence
from apps.platform.config import Config
from apps.platform.contracts import Claimed
from apps.platform.errors import Forbidden, Invalid, Transient
from apps.platform.tables import FENCE, OrgNames
from apps.tables.models import HotTable
from apps.tables.selectors import ready_datasets
from operators.demo_blocks.chain import blocks
from operators.sdk.errors import ConfigurationError, InputError, Retry
from operators.sdk.task import Range
from tests.apps.tables import writing
from tests.apps.tables.makers import armed, dataset_of, feed, running
from tests.apps.tables.writing import SEEDED, some, table, then
from tests.factories import Persona, make_org, make_persona
from tests.fixtures.data import DataPlane

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("with_buckets")]


@pytest.fixture
def held(writer: Persona, plane: DataPlane, with_buckets: Config) -> Claimed:
    return writing.given(writing.direct(writer))


def rows(plane: DataPlane, writer: Persona) -> list[dict[str, Any]]:
    found = plane.rows(writer.org.pk, dataset_of(writer, "tip").pk, order="block_number")
    return [{name: value for name, value in row.items() if not name.startswith("_")} for row in found]


def expected(start: int, end: int) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = blocks(SEEDED, start, end).to_pylist()
    return made


def test_an_order_says_that_its_output_is_written_by_the_task_itself(held: Claimed) -> None:
    assert [(slot.storage, slot.write_mode) for slot in held.task.outputs] == [("postgres", "direct")]


def test_what_is_replaced_is_there_to_the_bit(held: Claimed, plane: DataPlane, writer: Persona) -> None:
    count = table(held).replace(Range(0, 99), iter([some(0, 49), some(50, 99)]), key="block_number")

    assert count == 100
    assert rows(plane, writer) == expected(0, 99)


def test_who_wrote_a_row_is_the_platforms_to_say(held: Claimed, plane: DataPlane, writer: Persona) -> None:
    table(held).replace(Range(0, 0), some(0, 0), key="block_number")

    (row,) = plane.rows(writer.org.pk, dataset_of(writer, "tip").pk)
    assert row["_producer_task"] == held.task_id and row["_producer_job"] and row["_batch"]


def test_a_range_is_replaced_and_nothing_beside_it(held: Claimed, plane: DataPlane, writer: Persona) -> None:
    mine = table(held)
    mine.replace(Range(0, 29), some(0, 29), key="block_number")
    mine.replace(Range(10, 19), some(15, 19), key="block_number")

    assert rows(plane, writer) == expected(0, 9) + expected(15, 29)


def test_what_comes_again_takes_the_place_of_what_was_there(held: Claimed, plane: DataPlane, writer: Persona) -> None:
    mine = table(held)
    mine.upsert(some(0, 9))
    changed = [{**row, "gas_used": 7} for row in expected(5, 14)]
    assert mine.upsert(changed) == 10

    assert rows(plane, writer) == expected(0, 4) + changed


def test_rows_outside_of_what_is_replaced_are_told_by_their_number(held: Claimed, plane: DataPlane, writer: Persona) -> None:
    with pytest.raises(InputError, match=r"Row 11 `block_number`: is not within 0 to 9"):
        table(held).replace(Range(0, 9), some(0, 12), key="block_number")

    assert rows(plane, writer) == []


@pytest.mark.parametrize(("column", "value", "reason"), [
    ("gas_used", -1, "outside of what a uint64 holds"), ("author", b"short", "40 hexadecimal digits"), ("block_hash", None, "null"),
    ("timestamp", "12", None), ("chain_id", 2**64, "outside of what a uint64 holds"), ("gas_used", str(2**64), "outside"),
])  # fmt: skip
def test_one_bad_row_keeps_all_of_them_out(held: Claimed, plane: DataPlane, writer: Persona, column: str, value: Any, reason: str | None) -> None:  # fmt: skip
    good, bad = [expected(n, n)[0] for n in range(3)], expected(3, 3)[0] | {column: value}
    if reason is None:
        assert table(held).upsert([*good, bad]) == 4
        return

    with pytest.raises(InputError, match=rf"Row 4: `{column}` .*{reason}"):
        table(held).upsert(iter([good, [bad]]))
    assert rows(plane, writer) == []


def test_a_number_that_only_its_table_would_refuse_is_told_by_row_as_well(held: Claimed) -> None:
    wrong = blocks(SEEDED, 0, 9).set_column(
        blocks(SEEDED, 0, 9).column_names.index("gas_used"), "gas_used", pa.array(["1"] * 6 + [str(2**64)] + ["1"] * 3)
    )

    with pytest.raises(InputError, match=r"Row 7: `gas_used` is .*outside of what a uint64 holds"):
        table(held).upsert(wrong)


def test_an_attempt_that_was_overtaken_writes_nothing(held: Claimed, plane: DataPlane, writer: Persona) -> None:
    stale = table(held)
    stale.replace(Range(0, 9), some(0, 9), key="block_number")
    later = table(writing.again(held))

    with pytest.raises(Retry, match="Another attempt"):
        stale.upsert(some(50, 59))
    with pytest.raises(Retry, match="Another attempt"):
        stale.replace(Range(0, 9), some(0, 4), key="block_number")
    later.upsert(some(10, 19))
    assert rows(plane, writer) == expected(0, 19)


def test_one_that_is_overtaken_in_the_middle_of_its_rows_writes_none_of_them(held: Claimed, plane: DataPlane, writer: Persona) -> None:  # fmt: skip
    stale = table(held)
    later: list[Any] = []

    def overtake() -> None:
        later.append(table(writing.again(held)))
        later[0].replace(Range(0, 9), some(0, 9), key="block_number")

    with pytest.raises(Retry, match="Another attempt"):
        stale.replace(Range(0, 99), then([some(0, 49), some(50, 99)], act=overtake), key="block_number")
    assert rows(plane, writer) == expected(0, 9)


def test_an_attempt_without_the_lease_is_not_let_in(held: Claimed) -> None:
    writing.again(held)

    with pytest.raises(StaleFence):
        writing.opened(held)


def test_a_writer_that_is_just_at_it_is_waited_for(held: Claimed, plane: DataPlane, writer: Persona) -> None:
    told = writing.opened(held)
    later = writing.again(held)
    fence = f"{OrgNames(writer.org.pk).schema}.{FENCE}"
    with psycopg.connect(told.dsn) as stale:
        stale.execute(f"SET ROLE {OrgNames(writer.org.pk).writer}")
        stale.execute(f"UPDATE {fence} SET written_at = now() WHERE attempt = %s", [held.attempt])  # noqa: S608
        with pytest.raises(Transient, match="earlier attempt is just writing"):
            writing.opened(later)

    assert writing.opened(later).org_id == writer.org.pk


def test_a_task_cannot_raise_the_fence_for_itself(held: Claimed, writer: Persona) -> None:
    names = OrgNames(writer.org.pk)
    with psycopg.connect(writing.opened(held).dsn) as mine:
        mine.execute(f"SET ROLE {names.writer}")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            mine.execute(f"UPDATE {names.schema}.{FENCE} SET attempt = 99")  # noqa: S608


def test_the_login_of_an_orgs_tasks_sees_nothing_of_another_org(held: Claimed, plane: DataPlane, writer: Persona) -> None:
    other = make_persona("writer", org=make_org("Elsewhere"))
    armed(other, feed())
    theirs, dsn = OrgNames(other.org.pk), writing.opened(held).dsn

    for statement in (
        f"SET ROLE {theirs.writer}", f"SET ROLE {theirs.reader}", f"SELECT * FROM {theirs.schema}._login",  # noqa: S608
        f"SELECT * FROM {OrgNames(writer.org.pk).schema}._login", f"SELECT * FROM {plane.table(writer.org.pk, dataset_of(writer, 'tip').pk)}",  # noqa: S608
        "CREATE TABLE public.x (y int)", "CREATE ROLE z",
    ):  # fmt: skip
        with psycopg.connect(dsn, autocommit=True) as mine, pytest.raises(psycopg.errors.InsufficientPrivilege):
            mine.execute(statement)


def test_code_of_users_is_not_let_in(held: Claimed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.dispatch.services.opening.facts", lambda job: {**facts(job), "is_trusted": False})

    with pytest.raises(Forbidden, match="writes no table itself"):
        writing.opened(held)


def test_a_table_that_no_activation_made_asks_for_one(held: Claimed) -> None:
    """Its DAG was active before tables of this kind were made, and does say `write_mode: direct`."""
    HotTable.objects.all().delete()

    with pytest.raises(Invalid, match="activate its DAG again"):
        writing.opened(held)


def test_a_buffered_output_is_not_written_by_its_task(writer: Persona, plane: DataPlane) -> None:
    held = running(armed(writer, feed()))

    with pytest.raises(Invalid, match="write_mode: direct"):
        writing.opened(held)


def test_no_sink_listens_for_a_table_that_tasks_write(held: Claimed, writer: Persona) -> None:
    assert HotTable.objects.get(dataset=dataset_of(writer, "tip")).is_direct
    assert ready_datasets() == []


def test_a_table_that_was_altered_by_hand_takes_nothing_and_says_so(held: Claimed, plane: DataPlane, writer: Persona) -> None:
    mine = table(held)
    plane.run(f"ALTER TABLE {plane.table(writer.org.pk, dataset_of(writer, 'tip').pk)} DROP COLUMN gas_used")

    with pytest.raises(ConfigurationError, match="altered by hand: the column `gas_used` is gone"):
        mine.upsert(some(0, 9))
    assert rows(plane, writer) == []


def test_a_database_that_is_away_is_another_attempts_matter(held: Claimed) -> None:
    told = writing.opened(held)
    away = told.model_copy(update={"dsn": "postgresql://a:b@127.0.0.1:1/trace_data"})

    with pytest.raises(Retry, match="Nothing was written"):
        writing.over(away, held).upsert(some(0, 9))


def test_while_the_database_is_away_nobody_is_let_in(held: Claimed) -> None:
    with (
        override_settings(CONFIG=dataclasses.replace(settings.CONFIG, data_dsn="postgresql://a:b@127.0.0.1:1/trace_data")),
        pytest.raises(Transient, match="does not answer"),
    ):
        writing.opened(held)

    assert writing.opened(held).unique == ["block_number"]


def test_the_operators_trust_is_what_makes_it_direct_without_a_word(writer: Persona, plane: DataPlane) -> None:
    held = writing.given(writing.direct(writer, writing.BLOCKS.replace(", write_mode: direct", "")))

    assert held.task.outputs[0].write_mode == "direct"
    assert table(held).upsert(some(0, 0)) == 1
