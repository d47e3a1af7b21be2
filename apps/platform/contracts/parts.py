"""What the contracts are made of: values as JSON carries them, and the fence."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer


def _digits(value: object) -> object:
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 19 else value


def _storable(value: Any) -> Any:
    """JSON of the world may hold what no database does."""
    try:
        text = json.dumps(value, allow_nan=False)
    except (ValueError, TypeError, RecursionError):
        raise ValueError("holds a number that is none, or what JSON cannot say") from None
    if "\\u0000" in text:
        raise ValueError("holds a NUL character, which cannot be stored")
    return value


def _without_nul(value: object) -> object:
    return value.replace("\x00", "\ufffd") if isinstance(value, str) else value


Stored = Annotated[Any, AfterValidator(_storable)]
StoredDict = Annotated[dict[str, Any], AfterValidator(_storable)]
# What people read: a character that cannot be kept is no reason to lose the rest.
Words = BeforeValidator(_without_nul)
Block = Annotated[int, BeforeValidator(_digits), PlainSerializer(str, when_used="json"), Field(ge=0, le=2**63 - 1)]
WorkerId = Annotated[str, Field(pattern=r"^[\w.:@-]{1,120}$")]
PartitionKey = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]{1,200}$")]


# Why what was there does not hold any more. A person may say `manual` as well.
Reason = Literal["reorg", "correction", "schema_change"]
MetricName = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]{1,100}$")]
Finite = Annotated[float, Field(allow_inf_nan=False)]


class Part(BaseModel):
    """No key that is not named here: what one side does not know yet is an error and never lost in silence."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Fenced(Part):
    """Who speaks: the attempt that holds the lease. Another one changes nothing and hears 409."""

    task_id: UUID
    attempt: int = Field(ge=1, le=2**31 - 1)
    lease_token: UUID
