"""The stack as a whole, as far as it can be seen without its processes."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest

from apps.platform.config import Config
from workers.supervisor.console import Console
from workers.supervisor.datadir import DataDir
from workers.supervisor.servers.places import forget_cluster
from workers.supervisor.stack import Stack


@pytest.fixture
def said() -> StringIO:
    return StringIO()


@pytest.fixture
def stack(tmp_path: Path, said: StringIO) -> Iterator[Stack]:
    data_dir = DataDir(tmp_path / "data")
    data_dir.open(min_free_mb=0)
    data_dir.close()
    yield Stack(
        Config.from_env({"TRACE_PUBLIC_PORT": "0", "TRACE_INTERNAL_PORT": "0"}), data_dir, Console(verbose=False, stream=said)
    )
    forget_cluster(data_dir.path)  # as root it may have a place outside


def test_a_state_that_cannot_be_written_is_told_and_raises_nothing(stack: Stack, said: StringIO) -> None:
    (stack.data_dir / "run").rmdir()

    stack._write_state()

    assert "the state of the processes could not be written: No such file or directory" in said.getvalue()
