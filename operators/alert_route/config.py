from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from operators.sdk.config import ChainId, Config, without_repeats

# A name, never an address: addresses are personal data and stay with the channel.
ChannelName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,62}$")]
Severity = Literal["info", "warning", "critical"]


class Filters(Config):
    """An alert is routed if it passes every one."""

    severities: Annotated[list[Severity], AfterValidator(without_repeats)] = Field(
        default=[], description="Only alerts this severe; empty: all."
    )
    chain_ids: Annotated[list[ChainId], Field(max_length=100)] = Field(
        default=[], description="Only alerts of these chains; empty: of all."
    )


class AlertRouteConfig(Config):
    channels: Annotated[list[ChannelName], Field(max_length=50), AfterValidator(without_repeats)] = Field(
        default=[], description="Names of the channels that are told; empty: those that the alert's definition names."
    )
    filters: Filters = Field(default=Filters(), description="Which alerts are routed.")
    max_age_seconds: int = Field(
        default=3600, ge=1, le=30 * 86_400, description="Older alerts are recorded as stale, and nobody is told."
    )
    group_within_seconds: int = Field(
        default=0, ge=0, le=86_400, description="Like alerts within this time are told as one; 0 tells each."
    )
    max_per_channel_per_hour: int | None = Field(
        default=None, ge=1, le=100_000, description="Beyond it a channel gets one summary; left out, all of them."
    )

    @model_validator(mode="after")
    def _a_group_does_not_grow_stale(self) -> Self:
        if self.group_within_seconds >= self.max_age_seconds:
            raise ValueError("group_within_seconds must be below max_age_seconds, or a group is stale before it is told")
        return self
