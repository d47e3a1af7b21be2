"""Columns with personal data, what others get in their place, and what somebody must say to see them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from apps.orgs.domain import checked_purpose
from apps.platform.errors import Invalid

# What the audit log calls a classification.
COLUMN = "pii_column"
LONGEST = timedelta(days=365)
LONGEST_NAME, LONGEST_TEXT = 128, 500
_DATASET = re.compile(r"[a-z][a-z0-9_]{0,127}")
_DAG = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_JOB = re.compile(r"[a-z][a-z0-9_]{0,62}")


class Kind(StrEnum):
    EMAIL = "email"
    NAME = "name"
    ADDRESS = "address"
    PHONE = "phone"
    WALLET_OWNER = "wallet_owner"
    IP = "ip"
    OTHER = "other"


class Handling(StrEnum):
    """What happens to a query of somebody without a grant."""

    REFUSE = "refuse"
    MASK = "mask"


class Mask(StrEnum):
    """What a masked column holds instead: the same hash for the same value, the last four characters, or NULL."""

    HASH = "hash"
    LAST_FOUR = "last_four"
    NULL = "null"


class Outcome(StrEnum):
    CLEAR = "clear"
    MASKED = "masked"
    REFUSED = "refused"


class Verdict(StrEnum):
    APPROVED = "approved"
    REFUSED = "refused"


class State(StrEnum):
    """Where a grant is in its life: the first two may still change, the others never do."""

    WAITING = "waiting"
    LIVING = "living"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    REVOKED = "revoked"
    EXPIRED = "expired"


@dataclass(frozen=True)
class Job:
    """A job of a DAG, by their names."""

    dag: str
    name: str


@dataclass(frozen=True)
class Marking:
    """How a column is classified. `mask` is there exactly if the handling is to mask."""

    kind: Kind
    handling: Handling
    mask: Mask | None = None
    note: str = ""


@dataclass(frozen=True)
class Wish:
    """What is asked for. No columns means every classified one of the dataset, those classified later too."""

    dataset: str
    columns: tuple[str, ...] | None
    purpose: str
    expires_at: datetime


@dataclass(frozen=True)
class ColumnDecision:
    """`grant_id` names the grant that lets a classified column through."""

    column: str
    outcome: Outcome
    mask: Mask | None
    because: str
    grant_id: UUID | None = None


def marking(*, kind: str, handling: str, mask: str | None = None, note: str = "") -> Marking:
    if kind not in set(Kind):
        raise Invalid(f"The kind is one of {', '.join(Kind)}.", code="pii_bad_kind")
    if handling not in set(Handling):
        raise Invalid("The handling is refuse or mask.", code="pii_bad_handling")
    if (handling == Handling.MASK) != bool(mask) or (mask and mask not in set(Mask)):
        raise Invalid("To mask, name hash, last_four or null; to refuse, name no mask.", code="pii_bad_mask")
    return Marking(Kind(kind), Handling(handling), Mask(mask) if mask else None, checked_note(note))


def wish(*, dataset: str, columns: Iterable[str] | None, purpose: str, expires_at: datetime, now: datetime) -> Wish:
    """A purpose in a sentence and an end within a year, or nobody could judge it."""
    purpose = checked_purpose(purpose, least=15, words=3)
    if expires_at <= now:
        raise Invalid("The grant would have ended before it began: choose an end in the future.", code="pii_expiry_past")
    if expires_at > now + LONGEST:
        raise Invalid(f"A grant lives for at most {LONGEST.days} days; ask again when it ends.", code="pii_expiry_too_far")
    named = None if columns is None else tuple(sorted({column_name(column) for column in columns}))
    if named == ():
        raise Invalid("Name the columns, or leave them out to mean every classified one.", code="pii_columns_needed")
    return Wish(dataset_name(dataset), named, purpose, expires_at)


def dataset_name(text: str) -> str:
    if not _DATASET.fullmatch(name := folded(text)):
        raise Invalid(
            f"`{text[:60]}` is not a dataset's name: lower-case letters, digits and _, starting with a letter.",
            code="pii_bad_dataset",
        )
    return name


def column_name(text: str) -> str:
    """Whatever a table can call a column, but for what separates names in an address."""
    name = folded(text)
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable() or set(name) & set("/,"):
        raise Invalid(f"`{text[:60]}` is not a column's name that can be classified.", code="pii_bad_column")
    return name


def job_of(dag: str, name: str) -> Job:
    if not _DAG.fullmatch(dag) or not _JOB.fullmatch(name):
        raise Invalid("A job is named by its DAG and its own name, as the DAG's YAML has them.", code="pii_bad_job")
    return Job(dag, name)


def folded(name: str) -> str:
    """SQL finds `Email` where the table says `email`; so must the classification, or a capital letter would be a way in."""
    return name.strip().lower()


def checked_note(text: str) -> str:
    text = " ".join(text.split())
    if len(text) > LONGEST_TEXT or not text.isprintable():
        raise Invalid(f"The note has at most {LONGEST_TEXT} printable characters.", code="pii_text_too_long")
    return text
