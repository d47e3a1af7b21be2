"""What an invalidation must say, and what it must not."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from apps.platform.contracts import ReportedEvent

DATASET = {"dataset_uuid": UUID(int=1), "dataset_version": UUID(int=2)}
ROWS = {"scope": "row_range", "row_filter": {"block_number": {"gte": "995", "lte": 1005}}, "reason": "reorg"}
WRONG: dict[str, dict[str, Any]] = {
    "no reason": {key: ROWS[key] for key in ("scope", "row_filter")},
    "no scope": {"reason": "reorg"},
    "rows of no scope": {"row_filter": ROWS["row_filter"]},
    "no rows": ROWS | {"row_filter": None},
    "another column": ROWS | {"row_filter": {"number": {"gte": 1, "lte": 2}}},
    "backwards": ROWS | {"row_filter": {"block_number": {"gte": 2, "lte": 1}}},
    "negative": ROWS | {"row_filter": {"block_number": {"gte": -1, "lte": 1}}},
    "too great": ROWS | {"row_filter": {"block_number": {"gte": 0, "lte": 2**63}}},
    "an open end": ROWS | {"row_filter": {"block_number": {"gte": 0}}},
    "rows and a partition": ROWS | {"partition_key": "0-9"},
    "rows and a cursor": ROWS | {"cursor": 5},
    "rows and data": ROWS | {"data": {}},
    "a person's reason": ROWS | {"reason": "manual"},
    "a reason of its own": ROWS | {"reason": "whim"},
    "a scope of its own": ROWS | {"scope": "all"},
    "a partition with rows": ROWS | {"scope": "partition", "partition_key": "0-9"},
    "a partition without a name": {"scope": "partition", "reason": "reorg"},
    "a partition and a cursor": {"scope": "partition", "reason": "reorg", "partition_key": "0-9", "cursor": 4},
}


@pytest.mark.parametrize("said", [
    ROWS, {"scope": "partition", "partition_key": "day 1", "reason": "correction"},
    {"scope": "partition", "start": 0, "end": 999, "reason": "schema_change"},
])  # fmt: skip
def test_a_range_of_rows_or_a_partition_is_taken_back(said: dict[str, Any]) -> None:
    read = ReportedEvent.model_validate(DATASET | said)

    assert ReportedEvent.model_validate_json(read.model_dump_json()) == read


@pytest.mark.parametrize("said", WRONG.values(), ids=WRONG.keys())
def test_anything_else_is_refused(said: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ReportedEvent.model_validate(DATASET | said)
