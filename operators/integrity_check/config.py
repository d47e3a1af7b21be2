from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from operators.sdk.config import ChainId, Config, RpcPool, without_repeats

Check = Literal["hashes", "parents", "gaps", "counts", "checksums"]
_OF_THE_CHAIN = {"hashes", "counts"}


class IntegrityCheckConfig(Config):
    chain_id: ChainId
    rpc_pool: RpcPool | None = Field(
        default=None, description="The pool of providers that `hashes` and `counts` ask; the other checks ask nobody."
    )
    checks: Annotated[list[Check], Field(min_length=1), AfterValidator(without_repeats)] = Field(
        default=["parents", "gaps", "checksums"],
        description="Hashes and row counts as the chain has them; parent hashes that link; no block missing; files as their manifest says.",
    )
    sample_percent: float = Field(
        default=100, gt=0, le=100, description="Blocks that the chain is asked about; which ones follows from the range alone."
    )
    on_finding: Literal["record", "invalidate", "fail"] = Field(
        default="invalidate",
        description="Beside the row per finding: nothing more, have the partition made anew, or fail the task, as a validation must.",
    )

    @model_validator(mode="after")
    def _has_somebody_to_ask(self) -> Self:
        asking = [check for check in self.checks if check in _OF_THE_CHAIN]
        if asking and self.rpc_pool is None:
            raise ValueError(f"the check {asking[0]} asks the chain; name an rpc_pool, or leave {asking[0]} out")
        if not asking and self.sample_percent < 100:
            raise ValueError("sample_percent thins out hashes and counts, and neither is among the checks; leave it out")
        return self
