"""The worker's side of the internal plane's contract."""

from __future__ import annotations

from types import TracebackType
from typing import Self

import httpx

from apps.platform.config import Config
from apps.platform.contracts import PROBE_RECEIPT_PATH, WORKER_TOKEN_HEADER, ProbeReceipt
from apps.platform.errors import Permanent, Transient

WORKER_KIND = "platform_worker"


class InternalPlane:
    def __init__(self, config: Config, *, worker_id: str) -> None:
        self._worker_id = worker_id
        self._http = httpx.Client(
            base_url=config.internal_url, timeout=10, headers={WORKER_TOKEN_HEADER: config.worker_tokens[0]}
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._http.close()

    def check(self) -> None:
        self._http.get("/healthz", timeout=2).raise_for_status()

    def answers(self) -> bool:
        try:
            self.check()
        except httpx.HTTPError:
            return False
        return True

    def report_probe(self, probe_id: str) -> None:
        """Raises Transient when the plane cannot be reached now, Permanent when it refuses."""
        receipt = ProbeReceipt(probe_id, self._worker_id, WORKER_KIND)
        self._post(PROBE_RECEIPT_PATH, receipt.to_json())

    def _post(self, path: str, body: object) -> None:
        try:
            answer = self._http.post(path, json=body)
        except httpx.TransportError as error:
            raise Transient(f"the internal plane does not answer: {error!r}") from error
        if answer.status_code in {401, 403}:
            # Our token, not the message: whoever puts it right must find the messages still there.
            raise Transient(f"the internal plane does not accept this worker's token: {answer.status_code} {answer.text[:300]}")
        if answer.status_code >= 500 or answer.status_code == 429:
            raise Transient(f"the internal plane answered {answer.status_code}")
        if answer.status_code >= 400:
            raise Permanent(f"the internal plane refused {path}: {answer.status_code} {answer.text[:300]}")
