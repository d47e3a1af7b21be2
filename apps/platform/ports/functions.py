"""The function port: code that is called with one task, and answers by calling the internal plane."""

from __future__ import annotations

import json
from typing import Protocol

from apps.platform.errors import Permanent
from apps.platform.json import Json

# What Lambda takes for an event; the narrowest limit of any driver holds for all.
MAX_PAYLOAD_BYTES = 256 * 1024


class Functions(Protocol):
    """At least once: accepted when it returns, begun some time after; what the function answers is thrown away.

    A failed run is not repeated by the driver: the dispatcher decides about retries. (On Lambda this is a setting of the
    function, `MaximumRetryAttempts=0`, and belongs to the infrastructure.) May raise Transient (throttled, away) or Permanent
    (no such function, no right to it, a payload over the limit).
    """

    def invoke_event(self, name: str, payload: Json) -> str:
        """The vendor's id of the request."""


def encode(payload: Json) -> bytes:
    """The body of an event, the same in every driver."""
    body = json.dumps(payload, allow_nan=False, separators=(",", ":")).encode()
    if len(body) > MAX_PAYLOAD_BYTES:
        raise Permanent(
            f"the task has {len(body):,} bytes, over the {MAX_PAYLOAD_BYTES:,} that a function is called with: "
            "let fewer events become one task, or keep large values out of the job's config and events"
        )
    return body
