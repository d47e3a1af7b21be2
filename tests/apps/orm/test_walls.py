"""Tables of *data* that hold many orgs: whoever forgets to say which org it acts for sees nothing, the owner included."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest
from django.db import DatabaseError, connections, transaction

from apps.orm.walls import acting_for, build_walls
from traceweb.databases import DATA, STATE

pytestmark = pytest.mark.django_db(databases=[STATE, DATA])
ONE, OTHER = UUID(int=1), UUID(int=2)


@pytest.fixture
def table() -> Iterator[None]:
    """Of a role that owns it and is no superuser, for whom nothing holds."""
    with connections[DATA].cursor() as cursor:
        cursor.execute("CREATE ROLE owner_of_walls")
        cursor.execute("GRANT CREATE, USAGE ON SCHEMA public TO owner_of_walls")
        cursor.execute("SET LOCAL ROLE owner_of_walls")
        cursor.execute("CREATE TABLE shared (org_id uuid NOT NULL, said text)")
        build_walls(using=DATA)
        yield


def said() -> list[str]:
    with connections[DATA].cursor() as cursor:
        cursor.execute("SELECT said FROM shared ORDER BY 1")
        return [text for (text,) in cursor.fetchall()]


def say(org_id: UUID, text: str) -> None:
    with connections[DATA].cursor() as cursor:
        cursor.execute("INSERT INTO shared VALUES (%s, %s)", [org_id, text])


@pytest.mark.usefixtures("table")
def test_each_org_has_its_own_rows() -> None:
    for org_id, text in ((ONE, "mine"), (OTHER, "theirs")):
        with acting_for(org_id, using=DATA):
            say(org_id, text)
            assert said() == [text]


@pytest.mark.usefixtures("table")
def test_nothing_is_written_for_another_org() -> None:
    with acting_for(ONE, using=DATA), pytest.raises(DatabaseError, match="row-level security"), transaction.atomic(using=DATA):
        say(OTHER, "forged")


@pytest.mark.usefixtures("table")
def test_without_an_org_there_is_nothing_and_nothing_can_be_written() -> None:
    with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic(using=DATA):
        say(ONE, "nobody's")

    assert said() == []


@pytest.mark.usefixtures("table")
def test_no_update_moves_a_row_to_another_org_or_reaches_one() -> None:
    with acting_for(ONE, using=DATA):
        say(ONE, "mine")
    with acting_for(OTHER, using=DATA), connections[DATA].cursor() as cursor:
        cursor.execute("UPDATE shared SET said = 'taken'")
        assert cursor.rowcount == 0
        cursor.execute("DELETE FROM shared")
        assert cursor.rowcount == 0
    with acting_for(ONE, using=DATA), connections[DATA].cursor() as cursor:
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic(using=DATA):
            cursor.execute("UPDATE shared SET org_id = %s", [OTHER])
        assert said() == ["mine"]


@pytest.mark.usefixtures("table")
def test_walls_are_built_once_however_often_it_is_asked() -> None:
    build_walls(using=DATA)

    with acting_for(ONE, using=DATA):
        say(ONE, "mine")
        assert said() == ["mine"]


@pytest.mark.django_db(databases=[STATE, DATA], transaction=True)
def test_what_one_transaction_acts_for_is_forgotten_by_the_next() -> None:
    with acting_for(ONE, using=DATA):
        pass

    with connections[DATA].cursor() as cursor:
        cursor.execute("SELECT nullif(current_setting('trace.org_id', true), '')")
        assert cursor.fetchone() == (None,)
