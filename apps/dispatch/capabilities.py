"""Capability tokens: what an attempt proves itself with, and what it may touch. Made at the claim, asked for at every call."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.dispatch.domain import token_lifetime
from apps.dispatch.signing import signer
from apps.platform import tokens
from apps.platform.contracts import CAPABILITY_AUDIENCE, OutputSlot
from apps.platform.json import Json
from apps.platform.tokens import TokenRefused

ISSUER = "trace"
_REQUIRED = ("org_id", "task_id", "attempt", "datasets", "s3")
# Tokens of one process that were found genuine: an attempt shows the same one at every call.
_MOST_REMEMBERED = 20_000


@dataclass(frozen=True)
class Capability:
    org_id: UUID
    task_id: UUID
    attempt: int
    # (dataset, version) → number of the output.
    outputs: Mapping[tuple[UUID, UUID], int]
    # Of the token that it was read from, in seconds.
    issued_at: int = field(default=0, compare=False)
    expires_at: int = field(default=0, compare=False)


def of_attempt(org_id: UUID, task_id: UUID, attempt: int, outputs: Sequence[OutputSlot]) -> Capability:
    return Capability(org_id, task_id, attempt, {(o.dataset_uuid, o.dataset_version): o.output for o in outputs})


class _Remembered:
    """Bounded, oldest out first. A key of the JWKS that is taken away counts from the next restart or `expires_at` on."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[str, Capability] = OrderedDict()

    def get(self, token: str) -> Capability | None:
        return self._known.get(token)

    def put(self, token: str, capability: Capability) -> None:
        with self._lock:
            self._known[token] = capability
            while len(self._known) > _MOST_REMEMBERED:
                self._known.popitem(last=False)


_remembered = _Remembered()


def issue(capability: Capability, *, timeout_seconds: int | None, now: datetime) -> str:
    return _signed(capability, seconds=int(token_lifetime(timeout_seconds).total_seconds()), now=now)


def renewed(capability: Capability, *, now: datetime) -> str | None:
    """For as long again, where less than a third of its time is left: an attempt without an end outlives any token."""
    seconds = capability.expires_at - capability.issued_at
    return _signed(capability, seconds=seconds, now=now) if capability.expires_at - now.timestamp() < seconds / 3 else None


def _signed(capability: Capability, *, seconds: int, now: datetime) -> str:
    issued = int(now.timestamp())
    expires = issued + seconds
    task_id = str(capability.task_id)
    datasets: list[Json] = [
        {"output": output, "dataset_uuid": str(dataset), "dataset_version": str(version), "storage_ref": None}
        for (dataset, version), output in capability.outputs.items()
    ]
    token = signer().sign({
        "iss": ISSUER, "aud": CAPABILITY_AUDIENCE, "sub": f"task:{task_id}", "iat": issued, "exp": expires,
        "org_id": str(capability.org_id), "task_id": task_id, "attempt": capability.attempt, "datasets": datasets,
        "s3": {"read_prefixes": [], "write_prefixes": []},
    })  # fmt: skip
    _remembered.put(token, replace(capability, issued_at=issued, expires_at=expires))
    return token


def read(token: str, *, now: datetime) -> Capability:
    """Raises TokenRefused."""
    if not token:
        raise TokenRefused("This call is for the holder of a task: send its capability token.", code="capability_missing")
    known = _remembered.get(token)
    if known is None:
        claims = tokens.verify(token, signer().jwks(), issuer=ISSUER, audience=CAPABILITY_AUDIENCE, now=now, required=_REQUIRED)
        known = _parsed(claims)
        _remembered.put(token, known)
    if known.expires_at <= (now - tokens.LEEWAY).timestamp():
        raise TokenRefused("The token has expired.")
    return known


def _parsed(claims: dict[str, Any]) -> Capability:
    try:
        outputs = {(UUID(one["dataset_uuid"]), UUID(one["dataset_version"])): int(one["output"]) for one in claims["datasets"]}
        task_id, attempt = UUID(claims["task_id"]), claims["attempt"]
        fits = claims["sub"] == f"task:{task_id}" and set(claims["s3"]) == {"read_prefixes", "write_prefixes"}
        capability = Capability(UUID(claims["org_id"]), task_id, attempt, outputs, claims["iat"], claims["exp"])
    except (KeyError, TypeError, ValueError, AttributeError):
        fits = False
    if not fits or type(attempt) is not int:
        raise TokenRefused("The token's claims cannot be read, or do not fit together.")
    return capability
