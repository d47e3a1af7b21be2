"""What makes an alert: a condition in SQL, or a user's code."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from operators.sdk.config import ColumnName, Config


class SqlCondition(Config):
    """Every row that it answers is an alert, or every row whose column passes the threshold."""

    kind: Literal["sql"] = Field(description="A condition in SQL.")
    sql: str = Field(
        min_length=1, max_length=100_000, description="One SELECT; the rows that arrived are the relation `arrived`."
    )
    column: ColumnName | None = Field(default=None, description="The column that is held against the threshold.")
    comparison: Literal["<", "<=", "=", "!=", ">=", ">"] = Field(default=">", description="How the column is held against it.")
    threshold: int | float | None = Field(default=None, description="The value that the column is held against.")

    @model_validator(mode="after")
    def _column_and_threshold_go_together(self) -> Self:
        if (self.column is None) != (self.threshold is None):
            raise ValueError("column and threshold go together; give both, or neither to take every row")
        return self


class BundleCondition(Config):
    """The job's `udf` names the bundle."""

    kind: Literal["udf"] = Field(description="A user's code: the bundle that the job's `udf` names.")
