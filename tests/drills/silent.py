"""A worker that takes tasks, is silent until others have done them, and then tells its own story."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Self
from uuid import UUID

import httpx

from apps.platform.contracts import (
    CLAIMS_PATH,
    COMPLETIONS_PATH,
    WORKER_TOKEN_HEADER,
    BatchAnswer,
    Claimed,
    ClaimsAnswer,
    ClaimsRequest,
    Completion,
    Ending,
    ItemResult,
    ReportedEvent,
)
from tests.drills.state import State
from tests.journeys.stack import StackProcess

NAME = "worker-silent"
_WAITING = """
SELECT t.id FROM dispatch_task AS t JOIN dispatch_livejob AS j ON j.id = t.job_id
WHERE j.name = 'block' AND t.status = 'queued' AND t.handed_at IS NOT NULL ORDER BY t.id DESC LIMIT 20
"""
_TAKEN_OVER = "SELECT count(*) FROM dispatch_attempt WHERE task_id = ANY(%s) AND number = 2"
# Where no run of the load has a block.
_NOWHERE = 999_999_999


class SilentWorker:
    def __init__(self, stack: StackProcess, state: State) -> None:
        self._state = state
        self._http = httpx.Client(
            base_url=stack.facts["urls"]["internal"], timeout=30, headers={WORKER_TOKEN_HEADER: stack.facts["worker_token"]}
        )
        self.taken: list[Claimed] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._http.close()

    def took(self) -> bool:
        """False where an honest worker was quicker."""
        waiting: list[UUID] = [task_id for (task_id,) in self._state.ask(_WAITING)]
        if not waiting:
            return False
        request = ClaimsRequest(task_ids=waiting, worker_id=NAME)
        answer = self._http.post(CLAIMS_PATH, json=request.model_dump(mode="json")).raise_for_status()
        self.taken += [one for one in ClaimsAnswer.model_validate_json(answer.content).results if isinstance(one, Claimed)]
        return bool(self.taken)

    def is_taken_over(self) -> bool:
        return self._state.number(_TAKEN_OVER, [one.task_id for one in self.taken]) == len(self.taken)

    def report(self) -> Sequence[ItemResult]:
        items = [{"capability_token": one.capability_token, "body": _lie(one).model_dump(mode="json")} for one in self.taken]
        answer = self._http.post(COMPLETIONS_PATH, json={"items": items}).raise_for_status()
        return BatchAnswer.model_validate_json(answer.content).results


def _lie(claimed: Claimed) -> Completion:
    slot = claimed.task.outputs[0]
    event = ReportedEvent(dataset_uuid=slot.dataset_uuid, dataset_version=slot.dataset_version, start=_NOWHERE, end=_NOWHERE)
    return Completion(
        task_id=claimed.task_id, attempt=claimed.attempt, lease_token=claimed.lease_token,
        status=Ending.COMPLETED, events=[event],
    )  # fmt: skip
