"""The contracts between the dispatcher and its workers: queue names, paths and bodies, as both sides use them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from apps.platform.json import Json

WORKER_TOKEN_HEADER = "X-Trace-Worker-Token"
PROBE_QUEUE = "probe"
PROBE_RECEIPT_PATH = "/internal/probe-receipts"


@dataclass(frozen=True)
class ProbeMessage:
    """On the queue: come back and say that you got here."""

    probe_id: str

    @classmethod
    def parse(cls, payload: Json) -> Self:
        if not isinstance(payload, dict) or not isinstance(probe_id := payload.get("probe_id"), str):
            raise ValueError("a probe message is {'probe_id': text}")  # noqa: TRY004  the value is wrong, whatever its type
        return cls(probe_id)

    def to_json(self) -> Json:
        return {"probe_id": self.probe_id}


@dataclass(frozen=True)
class ProbeReceipt:
    """To the internal plane."""

    probe_id: str
    worker_id: str
    worker_kind: str

    def to_json(self) -> dict[str, Json]:
        return {"probe_id": self.probe_id, "worker_id": self.worker_id, "worker_kind": self.worker_kind}
