"""The base of every operator's config schema."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Config(BaseModel):
    """A key that is not declared is an error; a value is of its type, never made to fit.

    Every field has a `description`: the editor shows it, and a test refuses a field without.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


ChainId = Annotated[int, Field(ge=1, le=2**63 - 1, description="EVM chain id: 1 is Ethereum, 143 Monad.")]
BlockNumber = Annotated[int, Field(ge=0, le=2**63 - 1)]
# A pool of providers that platform staff configure; never an address or a key.
RpcPool = Annotated[
    str,
    Field(pattern=r"^[a-z][a-z0-9_-]{0,62}$", description="Name of the pool of providers that calls to the chain go through."),
]
DatasetName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,127}$")]
ColumnName = Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_]{0,62}$")]
