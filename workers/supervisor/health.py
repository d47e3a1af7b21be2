"""A process can hang without ending. Asked now and then; one that stays silent is ended, and so comes back."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping

from workers.supervisor.console import Console
from workers.supervisor.process import Supervised
from workers.supervisor.program import State

INTERVAL_SECONDS = 10.0
SILENT_TIMES = 3


async def watch_health(
    supervised: Mapping[str, Supervised], console: Console, *, pause: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> None:
    silent: Counter[str] = Counter()
    while True:
        await pause(INTERVAL_SECONDS)
        for name, process in supervised.items():
            if process.state is not State.READY:
                silent[name] = 0
                continue
            silent[name] = 0 if await _answers(process) else silent[name] + 1
            if silent[name] == SILENT_TIMES:
                console.say(f"{name} has not answered for {INTERVAL_SECONDS * SILENT_TIMES:.0f} s; restarting it", colour=33)
                silent[name] = 0
                await process.restart()


async def _answers(process: Supervised) -> bool:
    try:
        await asyncio.wait_for(process.program.is_alive(), timeout=5)
    except Exception:  # noqa: BLE001  whatever it answers instead of yes
        return False
    return True
