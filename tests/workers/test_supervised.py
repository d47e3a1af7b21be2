"""One supervised process: what ends comes back, and no fault of the machine ends the supervision."""

from __future__ import annotations

import dataclasses
import sys
from io import StringIO
from pathlib import Path

import pytest

from tests.workers.supervising import Pauses, run, sleeper, supervised, until
from workers.supervisor.leftovers import is_alive
from workers.supervisor.process import Supervised, stop_in_order
from workers.supervisor.program import State


class ClosedTerminal(StringIO):
    def write(self, text: str) -> int:
        raise BrokenPipeError(32, "Broken pipe")


async def killed(process: Supervised) -> None:
    before = process.pid
    await process.restart()
    await until(lambda: process.pid != before)


def test_a_crash_loop_of_minutes_goes_on_slowly(tmp_path: Path) -> None:
    """Each start fails, so no time that passes between them counts as having been well."""

    async def act() -> list[float]:
        pauses = Pauses(enough=10)
        process = supervised(dataclasses.replace(sleeper(tmp_path), start_seconds=5, command=ends_when_broken(tmp_path)), pauses)
        await process.start()
        (tmp_path / "broken").touch()
        await process.restart()
        await pauses.over.wait()
        await process.stop()
        return pauses.taken

    assert run(act()) == [0.25, 0.5, 1, 2, 4, 8, 16, 30, 30, 30]


def ends_when_broken(directory: Path) -> tuple[str, ...]:
    return ("/bin/sh", "-c", f"test -e {directory}/broken && exit 1; exec sleep 600")


def test_a_start_that_the_system_refuses_is_told_and_tried_again(tmp_path: Path) -> None:
    async def act() -> str:
        program, said = sleeper(tmp_path), StringIO()
        away = dataclasses.replace(program, cwd=tmp_path / "away")
        away.cwd.mkdir()
        process = supervised(away, Pauses(), stream=said)
        await process.start()
        before = process.pid
        away.cwd.rmdir()
        away.cwd.write_text("not a directory")
        await process.restart()
        await until(lambda: "Not a directory" in said.getvalue())
        away.cwd.unlink()
        away.cwd.mkdir()
        await until(lambda: process.state is State.READY)
        assert process.pid != before
        await process.stop()
        return said.getvalue()

    said = run(act())
    assert "sleeper could not be started; back in 0.5 s" in said
    assert "sleeper is back" in said


def test_a_closed_terminal_does_not_end_the_supervision(tmp_path: Path) -> None:
    async def act() -> None:
        process = supervised(sleeper(tmp_path), Pauses(), stream=ClosedTerminal())
        await process.start()
        await killed(process)
        await process.stop()
        assert process.restarts == 1 and process.state is State.STOPPED

    run(act())


def test_a_process_that_warns_into_a_closed_terminal_never_blocks(tmp_path: Path) -> None:
    """More lines than a pipe holds: it could not finish if nobody read them."""
    script = f"print('ERROR: no\\n' * 30_000, flush=True); open(r'{tmp_path / 'done'}', 'w'); import time; time.sleep(600)"

    async def act() -> None:
        program = sleeper(tmp_path, command=(sys.executable, "-c", script))
        process = supervised(program, Pauses(), stream=ClosedTerminal())
        await process.start()
        await until((tmp_path / "done").exists)
        await process.stop()

    run(act())


def test_a_fault_in_the_follower_is_told_and_the_process_is_stopped_all_the_same(tmp_path: Path) -> None:
    broken = False

    def on_change() -> None:
        if broken:
            raise RuntimeError("a mistake of ours")

    async def act() -> str:
        nonlocal broken
        said = StringIO()
        first = supervised(sleeper(tmp_path, name="first"), Pauses(), stream=said, on_change=on_change)
        last = supervised(sleeper(tmp_path, name="last"), Pauses())
        await first.start()
        await last.start()
        pid = last.pid
        broken = True
        await first.restart()
        await until(lambda: "no longer watched" in said.getvalue())
        with pytest.raises(ExceptionGroup, match="could not be stopped"):
            await stop_in_order({"first": first, "last": last}, [["first"], ["last"]])
        assert pid and not is_alive(pid) and last.state is State.STOPPED
        return said.getvalue()

    assert "RuntimeError('a mistake of ours')" in run(act())
