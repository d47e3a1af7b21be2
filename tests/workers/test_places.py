"""Where the databases go when Postgres, as `nobody`, cannot reach the data directory."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from workers.supervisor.servers.places import cluster_dir, forget_cluster, put_in_place

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to change the user")


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    (home / "data").mkdir(parents=True)
    home.chmod(0o700)
    return home / "data"


def test_a_new_data_directory_at_an_old_place_does_not_find_the_old_databases(data_dir: Path, tmp_path: Path) -> None:
    first = cluster_dir(data_dir, shelter=tmp_path / "shelter")
    first.mkdir()
    assert cluster_dir(data_dir, shelter=tmp_path / "shelter") == first

    shutil.rmtree(data_dir)
    data_dir.mkdir()

    assert not cluster_dir(data_dir, shelter=tmp_path / "shelter").exists()
    assert first.exists()


def test_a_reset_forgets_its_own_databases_only(data_dir: Path, tmp_path: Path) -> None:
    shelter = tmp_path / "shelter"
    (shelter / "data-of-another" / "postgres").mkdir(parents=True)
    cluster_dir(data_dir, shelter=shelter).mkdir()

    forget_cluster(data_dir, shelter=shelter)

    assert [directory.name for directory in shelter.iterdir()] == ["data-of-another"]


def test_two_first_starts_that_copy_the_wheel_at_once_end_with_one_copy(tmp_path: Path) -> None:
    first, second, copy = (tmp_path / name for name in ("copy.1", "copy.2", "copy"))
    for partial in (first, second):
        partial.mkdir()
        (partial / "source").write_text(partial.name)

    put_in_place(first, copy)
    put_in_place(second, copy)

    assert (copy / "source").read_text() == "copy.1"
    assert not second.exists()
