"""A DAG with a buffered dataset, of an operator that other tests have no use for yet."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import override_settings

from tests.apps.dispatch.conftest import keys, signing_keys  # noqa: F401  a claim signs
from tests.apps.tables.sinking import OPEN
from tests.fixtures.data import DataPlane
from tests.ports.conftest import config, with_buckets  # noqa: F401  where batches lie


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    OPEN.close()


@pytest.fixture
def plane(data_plane: DataPlane) -> Iterator[DataPlane]:
    """As the internal plane enters it."""
    with override_settings(CONFIG=dataclasses.replace(settings.CONFIG, data_dsn=data_plane.dsn("trace_internal"))):
        yield data_plane


@pytest.fixture(autouse=True)
def everything_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """No operator of this version publishes rows by itself."""
    monkeypatch.setattr("apps.dags.services.activating.not_built", lambda _: [])
