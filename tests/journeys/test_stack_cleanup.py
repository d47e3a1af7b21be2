"""The journeys themselves: one that fails must not leave a stack behind."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.journeys.stack import end_stack, members_of
from workers.supervisor.leftovers import MARK, is_alive

pytestmark = pytest.mark.journey


def test_what_a_failed_journey_left_running_is_ended(data_dir: Path) -> None:
    names = ({"TRACE_DATA_DIR": str(data_dir)}, {MARK: str(data_dir.resolve())})
    left = [subprocess.Popen(["sleep", "600"], env=os.environ | name) for name in names]

    end_stack(data_dir)

    assert not [process.pid for process in left if is_alive(process.pid)]
    assert members_of(data_dir) == []
    for process in left:
        process.wait()
