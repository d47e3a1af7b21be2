from __future__ import annotations

from string import Formatter
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, Field, model_validator

from operators.alert_evaluate.conditions import BundleCondition, SqlCondition
from operators.sdk.config import Config


def _plain_placeholders(template: str) -> str:
    """`{column}` and nothing cleverer: a format that reaches into objects is not for people to write."""
    try:
        fields = [(name, spec, conversion) for _, name, spec, conversion in Formatter().parse(template) if name is not None]
    except ValueError:
        raise ValueError("a brace is not closed; write {column}, or {{ for a brace") from None
    for name, spec, conversion in fields:
        if not name.isidentifier() or spec or conversion:
            raise ValueError(f"{{{name}}} is not a placeholder; write the name of a column in braces and nothing else")
    return template


def _uuid(text: str) -> str:
    UUID(text)
    return text


class AlertEvaluateConfig(Config):
    # By kind and not as two keys: exactly one of them, and an editor can show which.
    condition: Annotated[SqlCondition | BundleCondition, Field(discriminator="kind")] = Field(description="What makes an alert.")
    severity: Literal["info", "warning", "critical"] = Field(
        default="warning", description="Of its alerts, where the code or a column `severity` says nothing else."
    )
    message: Annotated[str, Field(max_length=2000), AfterValidator(_plain_placeholders)] | None = Field(
        default=None, description="What people read; `{column}` stands for a value of the row. SQL only: code writes its own."
    )
    alert_definition_id: Annotated[str, AfterValidator(_uuid)] | None = Field(
        default=None, description="The alert definition that its events belong to; left out, the job's own."
    )
    max_events_per_task: int = Field(
        default=1000, ge=1, le=10_000, description="More alerts at once are a mistake in the condition, and fail the task."
    )

    @model_validator(mode="after")
    def _code_writes_its_own_message(self) -> Self:
        if isinstance(self.condition, BundleCondition) and self.message is not None:
            raise ValueError("message is for a condition in SQL; a bundle puts the text into its payload, so leave it out")
        return self

    @property
    def wants_bundle(self) -> bool:
        return isinstance(self.condition, BundleCondition)
