"""What PostgreSQL answers to rows, as who wrote them must hear it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from apps.platform.errors import Transient

_PROGRAM_LIMITS = "54"  # the class of these SQLSTATEs
_LINE = re.compile(r"line (\d+)")


class Drifted(Exception):
    """The table is not what its dataset says that it is."""


class BadValue(Exception):
    """PostgreSQL refuses a value. `row` is 0 where it does not say which."""

    def __init__(self, row: int, column: str, reason: str) -> None:
        super().__init__(reason)
        self.row, self.column, self.reason = row, column, reason


@contextmanager
def answering() -> Iterator[None]:
    """Raises BadValue, Drifted, Transient for what PostgreSQL raises."""
    try:
        yield
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn, psycopg.errors.InvalidColumnReference) as error:
        raise Drifted(first_line(error)) from error
    except psycopg.errors.InsufficientPrivilege as error:
        raise Drifted(f"{first_line(error)}: the rights to it were taken away") from error
    except (psycopg.DataError, psycopg.IntegrityError) as error:
        raise _bad_value(error) from error
    except psycopg.Error as error:
        # A limit of PostgreSQL's own, such as of an entry of an index: no later try gets past it.
        if (error.sqlstate or "").startswith(_PROGRAM_LIMITS):
            raise _bad_value(error) from error
        raise Transient(f"the data database does not take it now: {first_line(error)}") from error


def _bad_value(error: psycopg.Error) -> BadValue:
    diag = error.diag
    line = _LINE.search(diag.context or "")
    # A check is called as its column.
    column = diag.column_name or diag.constraint_name or ""
    return BadValue(int(line[1]) if line else 0, column, first_line(error))


def first_line(error: psycopg.Error) -> str:
    return (error.diag.message_primary or str(error)).splitlines()[0]
