"""The container port on one machine: supervised processes of a host on loopback (workers/process_host)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from apps.platform.contracts import WORKER_TOKEN_HEADER
from apps.platform.contracts.processes import (
    MOST_HANDLES,
    RUN_PATH,
    STATES_PATH,
    STOP_PATH,
    RunAnswer,
    RunRequest,
    StatesAnswer,
    StatesRequest,
    StopAnswer,
    StopRequest,
)
from apps.platform.errors import Permanent, Transient
from apps.platform.ports.containers import Container, NoRoom, State
from apps.platform.slices import slices

A = TypeVar("A", bound=BaseModel)
_LONGEST_REASON = 1_000


class ProcessContainers:
    """There is one image, the code of this machine, so a task definition chooses nothing here. The memory is held to by the
    worker, in the operator's own process.
    """

    def __init__(self, *, port: int, token: str) -> None:
        self._http = httpx.Client(
            base_url=f"http://127.0.0.1:{port}", timeout=10, headers={WORKER_TOKEN_HEADER: token}, trust_env=False
        )

    def run(self, container: Container) -> str:
        return self._call(RUN_PATH, RunRequest(task_id=container.task_id, token=container.token), RunAnswer).handle

    def stop(self, handle: str, *, reason: str) -> None:
        self._call(STOP_PATH, StopRequest(handle=handle, reason=reason[:_LONGEST_REASON]), StopAnswer)

    def states(self, handles: Sequence[str]) -> Mapping[str, State]:
        found: dict[str, State] = {}
        for some in slices(handles, MOST_HANDLES):
            answer = self._call(STATES_PATH, StatesRequest(handles=list(some)), StatesAnswer)
            found |= {handle: one.state for handle, one in zip(some, answer.states, strict=True)}
        return found

    def _call(self, path: str, body: BaseModel, kind: type[A]) -> A:
        try:
            answer = self._http.post(path, content=body.model_dump_json())
        except httpx.TransportError as error:
            raise Transient(f"the host of processes does not answer: {error!r}") from error
        if answer.status_code == 429:
            raise NoRoom(f"the host of processes is full: {_words(answer)}")
        if answer.status_code == 401 or answer.status_code >= 500:
            # A token that is being rotated is right again soon.
            raise Transient(f"the host of processes answered {answer.status_code}: {_words(answer)}")
        if answer.status_code != 200:
            raise Permanent(f"the host of processes refused {path}: {answer.status_code} {_words(answer)}")
        try:
            return kind.model_validate_json(answer.content)
        except ValidationError as error:
            raise Transient(f"the host of processes answered what cannot be read: {error.error_count()} errors") from error


def _words(answer: httpx.Response) -> str:
    return answer.text[:300]
