"""State and data: each model lives in one of them, and the router knows which."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connections

from apps.outbox.models import Message
from traceweb.databases import DATA, STATE, StateDataRouter


class WithOneDataModel(StateDataRouter):
    data_models = frozenset({"outbox.message"})


@pytest.fixture
def router() -> StateDataRouter:
    return WithOneDataModel()


def test_a_model_lives_in_state_unless_it_is_named(router: StateDataRouter) -> None:
    assert (router.db_for_read(Message), router.db_for_write(Message)) == (DATA, DATA)
    assert (router.db_for_read(Session), router.db_for_write(Session)) == (STATE, STATE)


def test_relations_do_not_cross_databases(router: StateDataRouter) -> None:
    assert router.allow_relation(Session(), Session())
    assert not router.allow_relation(Session(), Message())


@pytest.mark.parametrize(("db", "model", "allowed"), [
    (STATE, "message", False), (DATA, "message", True), (STATE, "other", True), (DATA, "other", False),
])  # fmt: skip
def test_a_table_is_made_where_its_model_lives(router: StateDataRouter, db: str, model: str, allowed: bool) -> None:
    assert router.allow_migrate(db, "outbox", model) is allowed


def test_a_migration_of_sql_says_where_it_belongs(router: StateDataRouter) -> None:
    assert router.allow_migrate(STATE, "outbox") and not router.allow_migrate(DATA, "outbox")
    assert router.allow_migrate(DATA, "outbox", database=DATA) and not router.allow_migrate(STATE, "outbox", database=DATA)


def test_every_named_data_model_exists() -> None:
    assert settings.DATABASE_ROUTERS == ["traceweb.databases.StateDataRouter"]
    for name in StateDataRouter.data_models:
        apps.get_model(name)


@pytest.mark.django_db(databases=[STATE, DATA])
def test_the_two_are_two_databases() -> None:
    names = []
    for alias in (STATE, DATA):
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT current_database(), to_regclass('outbox_message') IS NOT NULL")
            names.append(cursor.fetchone())

    assert names[0][0] != names[1][0]
    assert (names[0][1], names[1][1]) == (True, False)
