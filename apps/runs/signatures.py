"""How a call from outside says who it is: our own header, or that of GitHub and of who follows it. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from apps.platform.errors import BadInput

OLDEST = timedelta(minutes=5)
_OURS = re.compile(r"t=(?P<at>[0-9]{1,12}),v1=(?P<digest>[0-9a-f]{64})")
_GITHUBS = re.compile(r"sha256=(?P<digest>[0-9a-f]{64})")
_DELIVERY = re.compile(r"[\x21-\x7e]{1,200}")


@dataclass(frozen=True)
class Signature:
    """`at`: the second that was signed with the body, as it was written; empty where the body was signed alone."""

    digest: str
    at: str = ""

    def message(self, body: bytes) -> bytes:
        return self.at.encode() + b"." + body if self.at else body

    def check_age(self, now: datetime) -> None:
        if self.at and abs(now - datetime.fromtimestamp(int(self.at), tz=UTC)) > OLDEST:
            words = "The time in X-Trace-Signature is more than 5 minutes off: sign each attempt anew, and set the clock."
            raise BadInput(words, code="stale_signature")


def read_signature(headers: Mapping[str, str]) -> Signature:
    if found := _OURS.fullmatch(headers.get("X-Trace-Signature", "")):
        return Signature(found["digest"], found["at"])
    if found := _GITHUBS.fullmatch(headers.get("X-Hub-Signature-256", "")):
        return Signature(found["digest"])
    words = "Sign the call: `X-Trace-Signature: t=<seconds>,v1=<HMAC-SHA256 of t.body>`, or `X-Hub-Signature-256: sha256=<HMAC-SHA256 of the body>`."
    raise BadInput(words, code="signature_needed")


def read_delivery_id(headers: Mapping[str, str]) -> str:
    """Empty where the sender names none: then the body is what makes two calls one."""
    given = headers.get("X-Trace-Delivery") or headers.get("X-GitHub-Delivery") or ""
    if given and not _DELIVERY.fullmatch(given):
        raise BadInput("A delivery id is 1 to 200 visible ASCII characters.", code="bad_delivery_id")
    return given
