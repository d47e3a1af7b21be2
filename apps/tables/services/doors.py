"""How this plane enters *data* to let tasks in, and what it tells them to log in with."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from psycopg import Connection, sql

from apps.platform.errors import Transient
from apps.platform.tables import OrgNames

_PATIENCE = "SET lock_timeout = '800ms'; SET statement_timeout = '900ms'"


class Doors:
    """While *data* does not answer one call at a time waits for it: the threads of this plane have leases to look after."""

    def __init__(self) -> None:
        self._is_away = False
        self._trying = threading.Lock()

    @contextmanager
    def entered(self, dsn: str) -> Iterator[Connection]:
        alone = self._is_away
        if alone and not self._trying.acquire(blocking=False):
            raise Transient("the data database does not answer")
        try:
            with psycopg.connect(dsn, autocommit=True, connect_timeout=2, application_name="trace-doors") as connection:
                connection.execute(_PATIENCE)
                self._is_away = False
                yield connection
        except (psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled) as error:
            raise Transient("an earlier attempt is just writing the table") from error
        except psycopg.OperationalError as error:
            self._is_away = True
            raise Transient(f"the data database does not answer: {error}") from error
        except psycopg.errors.UndefinedTable as error:
            raise Transient("what the org's tasks need in the data database is not made yet") from error
        finally:
            if alone:
                self._trying.release()


doors = Doors()


def login_dsn(connection: Connection, dsn: str, names: OrgNames, *, login: str, kept: str) -> str:
    """`dsn`, as one of the org's logins. `kept` is the table with its password. Raises Transient before it is made."""
    found = connection.execute(sql.SQL("SELECT password FROM {}").format(sql.Identifier(names.schema, kept))).fetchone()
    if found is None:
        raise Transient("the org's tasks have no login yet")
    parts = urlsplit(dsn)
    where = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, f"{login}:{quote(found[0])}@{where}", parts.path, parts.query, ""))
