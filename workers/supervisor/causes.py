"""What the system or the database says during a start, as a cause and a remedy."""

from __future__ import annotations

import errno
from collections.abc import Iterator

import psycopg

from workers.supervisor.errors import StackError


def cause_of(group: BaseExceptionGroup) -> StackError | None:
    """Several may have failed for one reason; one says enough. None when one of them is a mistake of ours."""
    known, unknown = group.split((StackError, OSError, psycopg.Error))
    if unknown or not known:
        return None
    errors = list(_leaves(known))
    return next((error for error in errors if isinstance(error, StackError)), None) or as_stack_error(errors[0])


def as_stack_error(error: BaseException) -> StackError:
    text = str(error)
    if getattr(error, "errno", None) == errno.ENOSPC or "No space left on device" in text:
        return StackError("The disk is full.", remedy="Free some space and start again; nothing is lost.")
    if isinstance(error, OSError) and error.strerror:
        return StackError(
            f"{error.filename or 'The system'}: {error.strerror}.", remedy="Check the rights and the limits of this user."
        )
    first = (text.strip().splitlines() or [type(error).__name__])[0]
    what, log = (
        ("The databases could not be set up", "postgres.log") if isinstance(error, psycopg.Error) else ("The start failed", "*")
    )
    return StackError(f"{what}: {first}", remedy=f"See logs/{log} in the data directory.")


def _leaves(group: BaseExceptionGroup) -> Iterator[BaseException]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error
