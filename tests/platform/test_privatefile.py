"""A file with a secret is there whole or not at all, and for nobody else."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from apps.platform.privatefile import create_private, write_private


@pytest.fixture
def open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.usefixtures("open_umask")
@pytest.mark.parametrize("put", [write_private, create_private])
def test_only_its_owner_may_read_it_whatever_the_umask(tmp_path: Path, put: Callable[[Path, bytes], None]) -> None:
    put(tmp_path / "key", b"secret")

    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["key"]


def test_one_replaces_and_the_other_does_not(tmp_path: Path) -> None:
    write_private(tmp_path / "key", "first")
    create_private(tmp_path / "key", "second")
    assert (tmp_path / "key").read_text() == "first"

    write_private(tmp_path / "key", "third")
    assert (tmp_path / "key").read_text() == "third"


def test_a_write_that_fails_leaves_nothing_of_it_and_what_was_there(tmp_path: Path) -> None:
    """A directory in its place cannot be replaced by a file, as a full disk cannot take one."""
    (tmp_path / "key").mkdir()

    with pytest.raises(OSError, match="directory"):
        write_private(tmp_path / "key", "secret")

    assert [file.name for file in tmp_path.iterdir()] == ["key"]
