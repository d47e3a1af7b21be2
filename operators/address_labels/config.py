from __future__ import annotations

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from operators.sdk.config import ChainId, Config, without_repeats

LabelType = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]


class AddressLabelsConfig(Config):
    visibility: str = Field(
        default="private",
        pattern=r"^(private|org|role:[a-z][a-z0-9_-]{0,62})$",
        description="Whose labels: `private` (of whoever starts it), `org`, or `role:` and a role of the org. The dataset is as closed.",
    )
    label_types: Annotated[list[LabelType], Field(max_length=100), AfterValidator(without_repeats)] = Field(
        default=[], description="Only labels of these types, such as `cex`; empty: of all."
    )
    chain_ids: Annotated[list[ChainId], Field(max_length=100)] = Field(
        default=[], description="Only labels for these chains; empty: for all."
    )
    chainless: bool = Field(default=True, description="Also labels that hold on every chain.")

    @model_validator(mode="after")
    def _names_chains_or_takes_all(self) -> Self:
        if not self.chainless and not self.chain_ids:
            raise ValueError("chainless: false leaves labels of single chains only; name them in chain_ids")
        return self
