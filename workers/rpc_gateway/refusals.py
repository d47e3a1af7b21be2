"""What the gateway answers in place of a chain: a status, a stable code, and words that say what to do.

Refusal
├── 400 bad_request      404 unknown_pool, unknown_provider, not_found     413 body_too_large
├── 401 ticket_missing, token_refused                                      403 wrong_kind, method_refused
├── 409 quorum_missed    408 body_too_slow                                 429 rate_limited, gateway_busy
└── 502 providers_failed, answer_too_large      503 no_provider, stopping      504 providers_timed_out
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping

from aiohttp import web


class Refusal(Exception):
    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        detail: Mapping[str, object] | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message
        self.detail, self.retry_after = detail, retry_after

    def body(self, request_id: str) -> bytes:
        said: dict[str, object] = {"code": self.code, "message": self.message}
        if self.detail is not None:
            said["detail"] = self.detail
        return json.dumps(said | {"request_id": request_id}).encode()

    def response(self, request_id: str) -> web.Response:
        answer = web.Response(status=self.status, body=self.body(request_id), content_type="application/json")
        if self.retry_after is not None:
            answer.headers["Retry-After"] = str(max(1, math.ceil(self.retry_after)))
        if self.status == 401:
            answer.headers["WWW-Authenticate"] = "Bearer"
        return answer


def bad_request(message: str) -> Refusal:
    return Refusal(400, "bad_request", message)
