"""A job with a fault in its form is looked at as far as it is right."""

from __future__ import annotations

import pytest

from apps.dags.document.surroundings import alone
from apps.dags.document.validating import check
from tests.apps.dags.makers import manual


@pytest.mark.parametrize(
    ("slips", "codes"),
    [
        ({"outputs: 1\n    inputs": 'outputs: "1"\n    inputs', "chunk_size: 1000": "chunk_size: ten"}, ["wrong_type", "wrong_type"]),
        ({"ecs_platform": "lambada", "job: start": "job: strat", "chunk_size: 1000": "chunk_size: ten"},
         ["wrong_value", "unknown_job", "wrong_type"]),
        ({"activation: reactive": "activation: reactiv", "chunk_size": "chunk"}, ["wrong_value", "unknown_key"]),
        ({"activation: reactive": "actvation: reactive", "chunk_size": "chunk"}, ["missing_key", "unknown_key", "unknown_key"]),
        ({"update_strategy: replace": "update_strategy: append\n    unique_key: id"}, ["wrong_type"]),
        ({"inputs: [{ from: { job: start } }]": "inputs: [start]"}, ["wrong_type"]),
        ({"config: { chunk_size: 1000 }": "config: 5"}, ["wrong_type"]),
    ],
)  # fmt: skip
def test_every_slip_is_told_and_nothing_else(slips: dict[str, str], codes: list[str]) -> None:
    text = manual()
    for right, wrong in slips.items():
        assert right in text
        text = text.replace(right, wrong)

    assert sorted(problem.code.value for problem in check(text, alone()).problems) == sorted(codes)
