"""What hangs without ending is ended, so that it comes back; what is only late is left alone."""

from __future__ import annotations

import asyncio
import dataclasses
from io import StringIO
from pathlib import Path

import pytest

from tests.workers.supervising import Pauses, run, sleeper, supervised, until
from workers.supervisor.console import Console
from workers.supervisor.health import SILENT_TIMES, watch_health


async def restarts_after(directory: Path, *, silent_times: int) -> tuple[int, str]:
    """How often a process came back that did not answer so many times in a row, then did once more."""
    said, answers = StringIO(), iter([False] * silent_times + [True])

    async def is_alive() -> None:
        if not next(answers):
            raise ConnectionError("silent")

    process = supervised(dataclasses.replace(sleeper(directory), is_alive=is_alive), Pauses())
    await process.start()
    rounds = Pauses(enough=silent_times + 2)
    before = process.pid
    watch = asyncio.create_task(watch_health({"sleeper": process}, Console(verbose=False, stream=said), pause=rounds))
    await rounds.over.wait()
    watch.cancel()
    if silent_times >= SILENT_TIMES:
        await until(lambda: process.pid not in {before, None})
    await process.stop()
    return process.restarts, said.getvalue()


@pytest.mark.parametrize(("silent_times", "restarts"), [(SILENT_TIMES - 1, 0), (SILENT_TIMES, 1)])
def test_only_what_stays_silent_is_ended(tmp_path: Path, silent_times: int, restarts: int) -> None:
    came_back, said = run(restarts_after(tmp_path, silent_times=silent_times))

    assert came_back == restarts
    assert ("has not answered for 30 s" in said) is bool(restarts)
