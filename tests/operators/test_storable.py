"""The testing kit refuses what the platform could not keep, as a real task does."""

from __future__ import annotations

from typing import Any

import pytest

from operators.sdk.config import Config
from operators.sdk.errors import InputError
from operators.sdk.testing import Recording


def nested(depth: int) -> list[Any]:
    return [nested(depth - 1)] if depth else []


@pytest.mark.parametrize("value", [{"a": "b\0"}, {"a\0": 1}, [float("nan")], [float("-inf")], "\ud800", {1, 2}, nested(190)])
def test_a_state_that_cannot_be_kept_is_refused(value: Any) -> None:
    with pytest.raises(InputError, match="The state"):
        Recording(Config()).state.set(value)


@pytest.mark.parametrize("value", [None, 0, "däy 😀", [1.5, True, {"a": None}], nested(150)])
def test_a_state_that_can_be_kept_comes_back(value: Any) -> None:
    task = Recording(Config())
    task.state.set(value)

    assert task.state.get() == value


@pytest.mark.parametrize(("name", "value"), [("a\0", 1.0), ("\ud800", 1.0), ("a", float("inf")), ("a", 10**400), ("a", "1")])
def test_a_metric_that_cannot_be_kept_is_refused(name: str, value: Any) -> None:
    with pytest.raises(InputError, match="The metric"):
        Recording(Config()).metric(name, value)
