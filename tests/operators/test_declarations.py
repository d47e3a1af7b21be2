"""What must hold of every declaration, whoever writes the next one."""

from __future__ import annotations

import re
from pkgutil import resolve_name

import pytest

from operators.sdk.catalogue import catalogue
from operators.sdk.chain.blocks import BLOCKS
from operators.sdk.chain.datasets import COLUMNS, KEY_COLUMNS
from operators.sdk.declaration import Declaration
from operators.sdk.words import Activation, Bundle, ColumnType, FieldType, Runtime, Trust
from tests.operators.table import IMPLEMENTED, TABLE

EVERY = [catalogue().operators[name] for name in TABLE]
every_operator = pytest.mark.parametrize("declared", EVERY, ids=lambda declared: declared.name)


@every_operator
def test_it_runs_where_and_how_the_specification_says(declared: Declaration) -> None:
    line = TABLE[declared.name]

    assert declared.runtimes == set(line.runtimes.split())
    assert declared.activations == {line.activation}
    assert declared.strategies | declared.source_kinds == set(line.how.split())


@every_operator
def test_a_source_has_kinds_and_what_reacts_has_strategies(declared: Declaration) -> None:
    assert bool(declared.source_kinds) == (Activation.SOURCE in declared.activations)
    assert bool(declared.strategies) == (Activation.REACTIVE in declared.activations)


@every_operator
def test_code_of_users_runs_in_lambda_only(declared: Declaration) -> None:
    assert (declared.bundle is Bundle.NONE) == (declared.trust is Trust.TRUSTED)
    assert declared.trust is Trust.TRUSTED or declared.runtimes == {Runtime.LAMBDA}


@every_operator
def test_only_a_source_that_never_ends_has_no_time_limit(declared: Declaration) -> None:
    assert (declared.resources.timeout_seconds is None) == ("always_on" in declared.source_kinds)


@every_operator
def test_version_and_summary_can_be_shown(declared: Declaration) -> None:
    assert re.fullmatch(r"[1-9][0-9]*\.[0-9]+", declared.version)
    assert declared.summary.endswith(".")
    assert all(output.summary.endswith(".") for output in declared.outputs)


@every_operator
def test_a_column_is_there_once_and_says_what_it_is(declared: Declaration) -> None:
    for output in declared.outputs:
        names = [column.name for column in output.columns]
        assert len(set(names)) == len(names)
        assert all(column.description.endswith(".") and column.type in set(ColumnType) for column in output.columns)


@every_operator
def test_an_output_of_events_alone_has_nothing_to_store(declared: Declaration) -> None:
    assert declared.outputs
    assert all(output.storage or not (output.columns or output.either_storage) for output in declared.outputs)


@every_operator
def test_consumers_filter_by_columns_that_are_there(declared: Declaration) -> None:
    known = {column.name for output in declared.outputs for column in output.columns}

    assert set(declared.where.values()) <= set(FieldType)
    assert not known or set(declared.where) <= known


@every_operator
def test_what_is_implemented_can_be_loaded_and_nothing_else_claims_to_be(declared: Declaration) -> None:
    assert bool(declared.implementation) == (declared.name in IMPLEMENTED)
    if declared.implementation:
        assert callable(resolve_name(declared.implementation)().run)


def test_the_last_named_output_stands_for_those_that_are_not_named() -> None:
    decode = catalogue().operators["log_decode"]

    assert decode.output(31) == decode.outputs[0]
    assert decode.output(32) is None
    assert decode.output(-1) is None


def test_every_chain_table_places_its_rows() -> None:
    for name, columns in COLUMNS.items():
        present = {column.name for column in columns if not column.nullable}
        assert {"block_number", "block_hash", "chain_id"} <= present, name
    assert {column.name for column in BLOCKS} >= KEY_COLUMNS
