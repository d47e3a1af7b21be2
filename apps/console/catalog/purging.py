"""What of a dataset somebody gives up, read from a form or a call."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from apps.console.catalog.pieces import has_files
from apps.datasets.models import Dataset, Output, Version
from apps.platform.errors import Invalid, NotFound
from apps.runs.selectors import Unwanted

_LONGEST_DAYS = 36_500


def output_of(dataset: Dataset) -> Output:
    if not has_files(dataset) or dataset.output is None:
        words = (
            f"`{dataset.name}` has no versions of its own: its rows lie in a table, or in the two halves that it is read over."
        )
        raise Invalid(words, code="no_versions")
    return dataset.output


def version_of(output: Output, version_id: UUID) -> Version:
    found = output.versions.filter(pk=version_id).first()
    if found is None:
        raise no_such_version()
    return found


def no_such_version() -> NotFound:
    return NotFound("There is no such version of this dataset. Its versions are on its page.", code="unknown_version")


def unwanted_of(dataset: Dataset, version_id: UUID | None, *, superseded: bool, days: int, now: datetime) -> Unwanted:
    """`days`: only what was superseded longer ago than that."""
    output = output_of(dataset)
    version = version_of(output, version_id) if version_id else None
    if not 0 <= days <= _LONGEST_DAYS:
        raise Invalid(f"Days are a whole number from 0 to {_LONGEST_DAYS:,}.", code="bad_days")
    if superseded:
        return Unwanted(output, version, now - timedelta(days=days))
    if days:
        raise Invalid(
            "A version goes whole, whatever its age: leave out the days, or say `superseded` as well.", code="days_of_what"
        )
    if version is None:
        raise Invalid("Name a version, or say `superseded`: what was made again since.", code="purge_what")
    return Unwanted(output, version)


def version_named(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise no_such_version() from None
