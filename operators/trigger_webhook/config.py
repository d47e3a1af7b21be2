from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from operators.sdk.config import Config, JsonPointer


class TriggerWebhookConfig(Config):
    body: Literal["json", "text"] = Field(
        default="json", description="What callers send; JSON that cannot be read fails the task."
    )
    max_bytes: int = Field(default=32_768, ge=1, le=61_440, description="The longest body that it takes.")
    range_start: JsonPointer | None = Field(
        default=None,
        description="Where in the body the first block of a range is, as in `/range/from`; the event then carries the range.",
    )
    range_end: JsonPointer | None = Field(default=None, description="Where in the body the last block of the range is.")

    @model_validator(mode="after")
    def _a_range_has_two_ends(self) -> Self:
        if (self.range_start is None) != (self.range_end is None):
            raise ValueError("range_start and range_end go together; give both, or neither for an event without a range")
        if self.range_start is not None and self.body != "json":
            raise ValueError("range_start and range_end point into JSON; set body json, or leave them out")
        return self
