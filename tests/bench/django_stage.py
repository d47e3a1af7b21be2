"""Django on throwaway servers, as a dispatcher has it. Once per run: its settings cannot be read twice."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import django
import psycopg

from tests.plugin import settings_of
from tests.servers import Servers
from workers.supervisor.roles import DATABASES, QUEUE

# What suits tests and would slow down or colour a measurement.
_NOT_FOR_BENCHES = ("TRACE_DEBUG", "TRACE_DATABASE_POOL_SIZE")


@contextmanager
def django_on(servers: Servers) -> Iterator[None]:
    _make_databases(servers)
    _set_environment(servers)
    django.setup()
    from django.core.management import call_command  # these read the settings
    from django.db import connection

    call_command("migrate", verbosity=0)
    try:
        yield
    finally:
        connection.close()
        connection.close_pool()  # type: ignore[attr-defined]


def _make_databases(servers: Servers) -> None:
    with psycopg.connect(servers.postgres.dsn("postgres"), autocommit=True) as connection:
        for name in DATABASES:
            connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(name)))


def _set_environment(servers: Servers) -> None:
    for name in [name for name in os.environ if name.startswith("TRACE_")]:
        del os.environ[name]  # the developer's own settings must not steer a measurement
    settings = settings_of(servers) | {
        "TRACE_QUEUE_DSN": servers.postgres.dsn(QUEUE),
        "DJANGO_SETTINGS_MODULE": "traceweb.settings",
    }
    os.environ |= {name: value for name, value in settings.items() if name not in _NOT_FOR_BENCHES}
