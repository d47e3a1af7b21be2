"""One stack for all tests that do not break it for good; the others start their own."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.journeys.stack import StackProcess, end_stack


@pytest.fixture
def data_dir() -> Iterator[Path]:
    # Not pytest's tmp_path: that is 0700, and these tests choose for themselves what may be entered.
    directory = Path(tempfile.mkdtemp(prefix="trace-journey-"))
    directory.chmod(0o755)
    yield directory / "data"
    end_stack(directory / "data")
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="package")
def stack() -> Iterator[StackProcess]:
    directory = Path(tempfile.mkdtemp(prefix="trace-journey-"))
    directory.chmod(0o755)
    # Its chain is looked at elsewhere, and every block is work for half of its processes.
    process = StackProcess(directory / "data", TRACE_DEMO_BLOCK_MS="60000")
    try:
        yield process.wait_ready()
    finally:
        with suppress(subprocess.TimeoutExpired):
            process.stop()
        end_stack(directory / "data")
        shutil.rmtree(directory, ignore_errors=True)
