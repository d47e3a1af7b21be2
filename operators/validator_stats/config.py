from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from operators.sdk.config import BeaconPool, ChainId, Config, without_repeats

# 2^64 - 1 is how the beacon API writes "never"; no epoch that anybody asks for comes near.
Epoch = Annotated[int, Field(ge=0, le=2**53)]
Figure = Literal["duties", "misses", "rewards"]


class ValidatorStatsConfig(Config):
    chain_id: ChainId
    beacon_pool: BeaconPool
    validators: list[Annotated[int, Field(ge=0, le=2**40)]] = Field(
        default=[], max_length=100_000, description="Indexes of the validators; empty: all that are active."
    )
    start_epoch: Epoch | Literal["latest"] = Field(
        default="latest", description="The first epoch, or `latest`: the newest finalised one when it first runs."
    )
    end_epoch: Epoch | None = Field(default=None, description="The last epoch; left out, it never ends.")
    epochs_per_run: int = Field(
        default=10, ge=1, le=1000, description="The most epochs per tick; what is left waits for the next one."
    )
    figures: Annotated[list[Figure], Field(min_length=1), AfterValidator(without_repeats)] = Field(
        default=["duties", "misses", "rewards"], description="What is asked for; rewards cost the nodes most."
    )

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Self:
        if self.end_epoch is None:
            return self
        if self.start_epoch == "latest":
            raise ValueError("end_epoch needs a start_epoch that is a number: the newest epoch moves on by itself")
        if self.end_epoch < self.start_epoch:
            raise ValueError("end_epoch must not be before start_epoch")
        return self
