"""The data directory: whose it is, and the secrets that are made once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from workers.supervisor.datadir import DataDir
from workers.supervisor.errors import StackError


def opened(path: Path) -> DataDir:
    data_dir = DataDir(path)
    data_dir.open(min_free_mb=0)
    data_dir.close()
    return data_dir


def contents(directory: Path) -> set[str]:
    return {file.name for file in directory.iterdir()}


class TestWhoseItIs:
    @pytest.mark.parametrize(
        "files",
        [
            {"version": "1\n"},
            {"version": "2.31.0"},
            {"version": ""},
            {"lock": "", "thesis.txt": "do not lose me"},
            {"lock": "", "version": "1.0"},
        ],
    )
    def test_the_names_of_files_do_not_make_it_ours(self, tmp_path: Path, files: dict[str, str]) -> None:
        for name, text in files.items():
            (tmp_path / name).write_text(text)

        with pytest.raises(StackError, match="holds files that are not Trace's"):
            opened(tmp_path)

        assert contents(tmp_path) == files.keys()

    @pytest.mark.parametrize("version", ["trace 1\n", "1\n"])
    def test_what_it_holds_does(self, tmp_path: Path, version: str) -> None:
        (tmp_path / "version").write_text(version)
        (tmp_path / "secrets.json").write_text("{}")

        opened(tmp_path)

        assert (tmp_path / "version").read_text() == version

    def test_a_first_start_that_was_killed_at_once_can_be_repeated(self, tmp_path: Path) -> None:
        (tmp_path / "lock").write_text("123")

        opened(tmp_path)

        assert (tmp_path / "version").read_text() == "trace 1\n"


class TestSecrets:
    def test_they_are_made_once(self, tmp_path: Path) -> None:
        data_dir = opened(tmp_path)
        first = data_dir.passwords(("postgres",))

        assert data_dir.passwords(("postgres", "valkey"))["postgres"] == first["postgres"]

    @pytest.mark.parametrize("left", ["nothing", "{}"])
    def test_lost_beside_a_cluster_they_are_not_made_anew(self, tmp_path: Path, left: str) -> None:
        data_dir = opened(tmp_path)
        (tmp_path / "postgres").mkdir()
        if left == "{}":
            (tmp_path / "secrets.json").write_text(left)

        with pytest.raises(StackError, match=r"secrets.json is missing(?s:.*)make reset"):
            data_dir.passwords(("postgres",))

    def test_a_cluster_behind_a_link_that_leads_nowhere_counts_as_well(self, tmp_path: Path) -> None:
        data_dir = opened(tmp_path)
        (tmp_path / "postgres").symlink_to(tmp_path / "away")

        with pytest.raises(StackError, match="is missing"):
            data_dir.passwords(("postgres",))


class TestTheLock:
    def test_it_names_its_holder_as_long_as_it_is_held(self, tmp_path: Path) -> None:
        holder = DataDir(tmp_path)
        holder.open(min_free_mb=0)
        try:
            with pytest.raises(StackError, match=f"already running on .* \\(process {os.getpid()}\\)"):
                opened(tmp_path)
        finally:
            holder.close()

        assert (tmp_path / "lock").read_text() == ""

    def test_a_reset_of_a_directory_of_something_else_is_refused_and_leaves_no_lock(self, tmp_path: Path) -> None:
        (tmp_path / "version").write_text("1")

        with pytest.raises(StackError, match="not Trace's"):
            DataDir(tmp_path).claim()

        assert contents(tmp_path) == {"version"}
