"""Whatever ends a start is told as one cause and one remedy, unless it is a mistake of ours."""

from __future__ import annotations

import errno

import psycopg
import pytest

from workers.supervisor.causes import cause_of
from workers.supervisor.errors import StackError

FULL = OSError(errno.ENOSPC, "No space left on device", "/data/run/processes.json")


def group(*errors: Exception) -> ExceptionGroup:
    return ExceptionGroup("a task failed", [ExceptionGroup("one below", list(errors))])


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (FULL, "The disk is full.\n  → Free some space and start again; nothing is lost."),
        (psycopg.errors.DiskFull("could not extend file: No space left on device\nHINT: …"), "The disk is full."),
        (PermissionError(errno.EACCES, "Permission denied", "/data/run"), "/data/run: Permission denied.\n  → Check the rights"),
        (psycopg.OperationalError("the connection is lost\nwhile"), "The databases could not be set up: the connection is lost\n  → See"),
        (StackError("It is broken.", remedy="Mend it."), "It is broken.\n  → Mend it."),
    ],
)  # fmt: skip
def test_what_the_machine_refuses_is_a_cause_and_a_remedy(error: Exception, told: str) -> None:
    assert str(cause_of(group(error))).startswith(told)


def test_what_was_explained_comes_before_what_was_only_raised() -> None:
    explained = StackError("It is broken.", remedy="Mend it.")

    assert cause_of(group(FULL, explained)) is explained


def test_a_mistake_of_ours_is_not_dressed_up() -> None:
    assert cause_of(group(FULL, KeyError("no such thing"))) is None
