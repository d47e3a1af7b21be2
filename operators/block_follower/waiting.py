"""When to look again: as soon as a provider announces a head, and at an interval in any case. An announcement may be lost, and some changes have none."""

from __future__ import annotations

import time
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from operators.block_follower.config import BlockFollowerConfig
from operators.sdk.chain.decoding import Json
from operators.sdk.errors import Retry
from operators.sdk.rpc import Heads, Rpc
from operators.sdk.task import TaskContext

# How long it polls before it asks again to be told, and how long it is without a look at being asked to stop.
_AGAIN_SECONDS, _LOOK_SECONDS = 10.0, 1.0


class Announcements:
    """`newest`: the head that was announced last, until somebody has looked at it."""

    def __init__(self, rpc: Rpc, task: TaskContext[BlockFollowerConfig]) -> None:
        self._rpc, self._task = rpc, task
        self._open = ExitStack()
        self._heads: Heads | None = None
        self._try_at = 0.0
        self.newest: Json | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._close()

    def wait(self) -> None:
        """Until there may be something new, or the task is to stop."""
        self.newest = None
        until = time.monotonic() + self._task.config.poll_interval_seconds
        heads = self._listening()
        while not self._task.cancelled and (left := until - time.monotonic()) > 0:
            if heads is None:
                self._task.wait(min(left, _LOOK_SECONDS))
                continue
            try:
                found = heads.next(seconds=min(left, _LOOK_SECONDS))
            except Retry as error:
                self._task.log.info("heads are not announced any more, so it polls", why=str(error))
                self._close()
                heads = None
                continue
            if found is not None:
                self.newest = found.block
                return

    def _listening(self) -> Heads | None:
        if self._heads is None and time.monotonic() >= self._try_at:
            self._try_at = time.monotonic() + _AGAIN_SECONDS
            try:
                self._heads = self._open.enter_context(self._rpc.heads())
            except Retry:
                self._heads = None
        return self._heads

    def _close(self) -> None:
        self._heads = None
        try:
            self._open.close()
        except Retry:
            """It was gone already."""
        self._open = ExitStack()
