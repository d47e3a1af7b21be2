"""The log of a process loses lines where it must, and never raises."""

from __future__ import annotations

from pathlib import Path

from workers.supervisor.logfile import LogFile


def test_a_full_file_starts_over_and_the_one_before_is_kept(tmp_path: Path) -> None:
    with LogFile(tmp_path / "web.log", max_bytes=10) as log:
        log.write("the first line")
        log.write("second")

    assert (tmp_path / "web.log.1").read_text() == "the first line\n"
    assert (tmp_path / "web.log").read_text() == "second\n"


def test_where_the_file_cannot_be_moved_the_old_one_goes_on(tmp_path: Path) -> None:
    (tmp_path / "web.log.1" / "in the way").mkdir(parents=True)
    with LogFile(tmp_path / "web.log", max_bytes=10) as log:
        log.write("the first line")
        log.write("the second")

    assert (tmp_path / "web.log").read_text() == "the first line\nthe second\n"


def test_where_no_new_file_can_be_opened_the_old_one_goes_on_until_it_can(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    with LogFile(logs / "web.log", max_bytes=10) as log:
        log.write("one")
        logs.rename(tmp_path / "away")
        log.write("no directory, so no new file")
        logs.mkdir()
        log.write("the next")
        log.write("new")

    assert (tmp_path / "away" / "web.log").read_text() == "one\nno directory, so no new file\nthe next\n"
    assert (logs / "web.log").read_text() == "new\n"


def test_a_file_that_cannot_be_opened_yet_is_opened_for_a_later_line(tmp_path: Path) -> None:
    with LogFile(tmp_path / "logs" / "web.log") as log:
        log.write("lost")
        (tmp_path / "logs").mkdir()
        log.write("kept")

    assert (tmp_path / "logs" / "web.log").read_text() == "kept\n"
