"""The contract between the container driver `processes` and the host that runs them: paths and bodies, as both sides use them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field

from apps.platform.contracts.parts import Part
from apps.platform.ports.containers import LONGEST_HANDLE, Phase, State

RUN_PATH, STOP_PATH, STATES_PATH = "/containers", "/containers/stop", "/containers/states"

MOST_HANDLES = 500
MOST_BODY_BYTES = 256 * 1024

Handle = Annotated[str, Field(min_length=1, max_length=LONGEST_HANDLE)]


class RunRequest(Part):
    task_id: UUID
    token: str = Field(min_length=1, max_length=64)


class RunAnswer(Part):
    handle: Handle


class StopRequest(Part):
    handle: Handle
    reason: str = Field(max_length=1_000)


class StopAnswer(Part):
    """`known`: False for what this host never ran, or has forgotten."""

    known: bool


class StatesRequest(Part):
    handles: list[Handle] = Field(max_length=MOST_HANDLES)


class HandleState(Part):
    phase: Phase
    exit_code: int | None = None
    reason: str = ""

    @property
    def state(self) -> State:
        return State(self.phase, self.exit_code, self.reason)


class StatesAnswer(Part):
    """In the order in which they were asked for."""

    states: list[HandleState]
