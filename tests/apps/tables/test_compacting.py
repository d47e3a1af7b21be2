"""From a hot table to files, and out of the table: real rows of a real node, real PostgreSQL, real object store."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import override_settings

from tests.apps.dispatch.conftest import mints
from tests.apps.tables.compacting import TABLES, Chain, chain_of
from tests.factories import Persona
from tests.fixtures.chain import Node, node
from tests.fixtures.data import DataPlane

__all__ = ["mints", "node"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("with_buckets", "mints")]


@pytest.fixture
def plane(data_plane: DataPlane) -> Iterator[DataPlane]:
    """As the internal plane enters it."""
    with override_settings(CONFIG=dataclasses.replace(settings.CONFIG, data_dsn=data_plane.dsn("trace_internal"))):
        yield data_plane


@pytest.fixture
def chain(writer: Persona, node: Node, plane: DataPlane) -> Chain:
    """Blocks 0 to 30 with transactions and logs, in hot tables."""
    made = chain_of(writer, node, plane)
    node.deployed()
    node.mine(30 - node.head, transfers=2, tokens=2)
    made.follow(0, node.head)
    return made


@pytest.mark.parametrize("name", TABLES)
def test_a_range_goes_from_its_table_to_files_row_by_row(chain: Chain, name: str) -> None:
    chain.do(name, 0, 9)
    chain.do(name, 10, 19)

    assert [piece.key for piece in chain.pieces(name)] == ["0-9", "10-19"]
    assert min(chain.hot_numbers(name)) == 20
    assert chain.read(name) == chain.truth(name)
    assert [(low, high, done) for low, high, _, _, done in chain.ledger(name)] == [(0, 9, True), (10, 19, True)]
