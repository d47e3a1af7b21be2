"""Operators are found by entry point: ours, all of them, whatever else is installed."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

import operators
from operators.sdk.catalogue import GROUP, OURS, catalogue, collect
from tests.operators.table import TABLE

FOLDERS = Path(operators.__file__).parent


def theirs(name: str, value: str) -> EntryPoint:
    return EntryPoint(name, value, GROUP)


def ours() -> list[EntryPoint]:
    return [point for point in entry_points(group=GROUP) if point.dist is not None and point.dist.name == OURS]


def test_every_operator_of_the_specification_is_there_and_none_is_broken() -> None:
    assert set(collect(ours()).operators) == set(TABLE)
    assert collect(ours()).broken == {}
    assert set(TABLE) <= set(catalogue().operators)


def test_every_folder_has_its_entry_point_and_the_other_way_round() -> None:
    folders = {file.parent.name for file in FOLDERS.glob("*/declaration.py")} - {"sdk"}

    assert {(point.name, point.value) for point in ours()} == {
        (folder, f"operators.{folder}.declaration:DECLARATION") for folder in folders
    }


def test_a_broken_package_of_somebody_else_leaves_the_others_alone() -> None:
    found = collect([theirs("dead", "no.such.module:DECLARATION"), theirs("odd", "operators.sdk.words:Runtime"), *ours()])

    assert set(found.operators) == set(TABLE)
    assert set(found.broken) == {"no.such.module:DECLARATION", "operators.sdk.words:Runtime"}


def test_a_package_cannot_take_the_name_of_an_operator_of_ours() -> None:
    value = "operators.range_splitter.declaration:DECLARATION"

    found = collect([theirs("query", value), *ours()])

    assert found.operators["query"].name == "query"
    assert found.broken[value] == "ValueError: there is an operator query already"


def test_an_operator_goes_by_the_name_that_it_declares() -> None:
    value = "operators.range_splitter.declaration:DECLARATION"

    found = collect([theirs("splitter", value)])

    assert found.operators == {}
    assert "declares itself as range_splitter" in found.broken[value]
