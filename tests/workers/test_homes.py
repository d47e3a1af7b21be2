"""Where child processes have their directories, whatever others do to them meanwhile."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from workers.platform_worker.homes import Homes, locked


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def homes(temporary: Path) -> Iterator[Homes]:
    homes = Homes()
    yield homes
    homes.end()


def test_what_was_cleared_before_it_was_opened_is_not_locked(tmp_path: Path) -> None:
    assert locked(tmp_path / "gone") is None


def test_what_was_cleared_before_it_was_locked_is_not_kept(tmp_path: Path) -> None:
    root = tmp_path / "made"
    root.mkdir()
    clearing = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    fcntl.flock(clearing, fcntl.LOCK_EX)
    given: list[int | None] = []
    other = threading.Thread(target=lambda: given.append(locked(root)))
    other.start()

    shutil.rmtree(root)
    os.close(clearing)
    other.join(30)

    assert given == [None]


def test_a_root_that_was_cleared_away_is_made_again(homes: Homes, temporary: Path) -> None:
    homes.new()
    for root in temporary.iterdir():
        shutil.rmtree(root)

    first, second = Path(homes.new()), Path(homes.new())

    assert first.is_dir() and second.parent == first.parent


def test_the_root_that_was_made_again_is_held_as_the_first_was(homes: Homes, temporary: Path) -> None:
    for root in temporary.iterdir():
        shutil.rmtree(root)
    mine = Path(homes.new())

    Homes().end()

    assert mine.is_dir(), "the next worker cleared what is in use"


def test_what_a_dead_worker_left_is_cleared_by_the_next(temporary: Path) -> None:
    left = temporary / "trace-worker-left"
    left.mkdir()

    Homes().end()

    assert list(temporary.iterdir()) == []
