"""The page that is made from the declarations."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from operators.sdk.config import Config
from operators.sdk.fields import Row, rows_of
from operators.sdk.reference import page
from tests.operators.table import TABLE


class Small(Config):
    size: int = Field(default=3, ge=1, le=2000, description="How big.")


class Tree(Config):
    below: list[Tree] = Field(default=[], description="What hangs on it.")


class Shown(Config):
    start: int | Literal["latest"] = Field(description="Where.")
    share: float | None = Field(default=None, gt=0, le=1, description="How much.")
    mark: Literal[",", "\t"] = Field(default=",", description="Between.")
    small: Small = Field(default=Small(), description="One.")
    smalls: list[Small] = Field(default=[], description="Many.")
    tree: Tree | None = Field(default=None, description="Grows.")


def test_a_config_becomes_rows_and_what_is_nested_has_its_own() -> None:
    assert rows_of(Shown) == [
        Row("start", "integer or `latest`", "required", "Where."),
        Row("share", "number (above 0 to 1)", "", "How much."),
        Row("mark", r"`,`, `\t`", '`","`', "Between."),
        Row("small", "map", "", "One."),
        Row("small.size", "integer (1 to 2,000)", "`3`", "How big."),
        Row("smalls", "list of map", "", "Many."),
        Row("smalls[].size", "integer (1 to 2,000)", "`3`", "How big."),
        Row("tree", "map", "", "Grows."),
        Row("tree.below", "list of map", "", "What hangs on it."),
    ]


def test_every_operator_has_its_section() -> None:
    text = page()

    assert [line.removeprefix("## ") for line in text.splitlines() if line.startswith("## ")] == sorted(TABLE)


def test_a_config_of_several_kinds_shows_the_keys_of_all() -> None:
    assert "| `condition.kind` | `sql` or `udf` | required |" in page()


def test_it_says_what_cannot_run_yet() -> None:
    of_splitter = page().split("## range_splitter")[1].split("## ")[0]
    of_udf = page().split("## udf")[1].split("## ")[0]

    assert "not built yet" in of_udf
    assert "not built yet" not in of_splitter
