"""The sink's side of the internal plane's contract, and the links that it is given."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from uuid import UUID

import httpx

from apps.platform.config import Config
from apps.platform.contracts.buffers import (
    BATCH_CLAIM_PATH,
    BATCH_END_PATH,
    BUFFERS_PATH,
    BatchClaimAnswer,
    BatchClaimed,
    BatchClaimRequest,
    BatchEnd,
    BatchEndAnswer,
    BatchEnding,
    BatchNotClaimed,
    Buffers,
)
from apps.platform.contracts.buffers import (
    Fault as ToldFault,
)
from apps.platform.errors import Transient
from operators.sdk.rows.faults import Fault, refused
from workers.platform_worker.internal_plane import InternalPlane, parsed


class SinkPlane(InternalPlane):
    """Every call raises Transient when the plane cannot be reached now, Permanent when it refuses."""

    def __init__(self, config: Config, *, worker_id: str) -> None:
        super().__init__(config, worker_id=worker_id)
        # Without our token: it goes to the object store.
        self._links = httpx.Client(timeout=30)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._links.close()
        super().__exit__(kind, error, trace)

    def buffers(self) -> Sequence[UUID]:
        return parsed(Buffers, self._send(self._http.build_request("GET", BUFFERS_PATH))).dataset_ids

    def claim_batch(self, batch_id: UUID) -> BatchClaimed | BatchNotClaimed:
        request = BatchClaimRequest(batch_id=batch_id, worker_id=self._worker_id)
        return parsed(BatchClaimAnswer, self._post(BATCH_CLAIM_PATH, request.model_dump_json())).result

    def end_batch(
        self, batch_id: UUID, ending: BatchEnding, *, rows: int = 0, faults: Sequence[Fault] = (), count: int = 0, error: str = ""
    ) -> None:
        end = BatchEnd(
            batch_id=batch_id, worker_id=self._worker_id, ending=ending, rows=rows, faults=[_told(one) for one in faults], fault_count=count,
            error=error[:2_000],
        )  # fmt: skip
        parsed(BatchEndAnswer, self._post(BATCH_END_PATH, end.model_dump_json()))

    def fetch(self, url: str, *, most_bytes: int) -> bytes:
        """Raises Refused for what is not there, or is too large whatever its producer said."""
        try:
            with self._links.stream("GET", url) as answer:
                if answer.status_code == 404:
                    raise refused("lies no longer where it was handed over: scratch is kept for some days")
                if answer.status_code != 200:
                    raise Transient(f"the object store answered {answer.status_code}")
                return _bounded(answer, most_bytes)
        except httpx.TransportError as error:
            raise Transient(f"the object store does not answer: {error!r}") from error


def _told(fault: Fault) -> ToldFault:
    return ToldFault(row=fault.row, column=fault.column, reason=fault.reason)


def _bounded(answer: httpx.Response, most_bytes: int) -> bytes:
    body = bytearray()
    for part in answer.iter_raw():
        body += part
        if len(body) > most_bytes:
            raise refused(f"is larger than the {most_bytes:,} bytes that a batch may have")
    return bytes(body)
