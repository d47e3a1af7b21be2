"""The worker's side of the internal plane's contract."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Self, TypeVar
from uuid import UUID

import httpx
from pydantic import BaseModel, ValidationError

from apps.platform.config import Config
from apps.platform.contracts import (
    CAPABILITY_HEADER,
    CLAIMS_PATH,
    COMPLETIONS_PATH,
    EVENTS_PATH,
    HEARTBEATS_PATH,
    LOGS_PATH,
    PROBE_RECEIPT_PATH,
    WORKER_TOKEN_HEADER,
    BatchAnswer,
    Claimed,
    ClaimsAnswer,
    ClaimsRequest,
    EventsAnswer,
    ItemResult,
    LogAnswer,
    NotClaimed,
    ProbeReceipt,
)
from apps.platform.contracts.buffers import PUBLISH_PATH, BufferPublished
from apps.platform.contracts.feeds import OPEN_FEED_PATH, FeedOpened
from apps.platform.contracts.reading import INPUTS_PATH, InputsAnswer
from apps.platform.contracts.rpc import OPEN_POOL_PATH, PoolOpened
from apps.platform.contracts.storing import CREDENTIALS_PATH, CredentialsAnswer
from apps.platform.contracts.tables import OPEN_TABLE_PATH, READ_TABLE_PATH, TableOpened, TableToRead
from apps.platform.errors import Permanent, Transient

WORKER_KIND = "platform_worker"
A = TypeVar("A", bound=BaseModel)
R = TypeVar("R")


class Fenced(Permanent):
    """409: this attempt may not change anything any more; `code` says why."""

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code


class Broke(Transient):
    """5xx: it is there, and something in this call was too much for it."""


class InternalPlane:
    """Every call raises Transient when the plane cannot be reached now, Permanent when it refuses."""

    def __init__(self, config: Config, *, worker_id: str) -> None:
        self._worker_id = worker_id
        self._http = httpx.Client(
            base_url=config.internal_url,
            timeout=10,
            headers={WORKER_TOKEN_HEADER: config.worker_tokens[0], "Content-Type": "application/json"},
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
        receipt = ProbeReceipt(probe_id, self._worker_id, WORKER_KIND)
        self._send(self._http.build_request("POST", PROBE_RECEIPT_PATH, json=receipt.to_json()))

    def claim(self, task_ids: Sequence[UUID]) -> Sequence[Claimed | NotClaimed]:
        request = ClaimsRequest(task_ids=list(task_ids), worker_id=self._worker_id)
        results = parsed(ClaimsAnswer, self._post(CLAIMS_PATH, request.model_dump_json())).results
        return _as_many(results, request.task_ids, CLAIMS_PATH)

    def heartbeat(self, items: Sequence[str]) -> Sequence[ItemResult]:
        return self._batch(HEARTBEATS_PATH, items)

    def complete(self, items: Sequence[str]) -> Sequence[ItemResult]:
        return self._batch(COMPLETIONS_PATH, items)

    def report_events(self, body: str, *, token: str) -> EventsAnswer:
        return parsed(EventsAnswer, self._post(EVENTS_PATH, body, token=token))

    def mint_credentials(self, body: str, *, token: str) -> CredentialsAnswer:
        return parsed(CredentialsAnswer, self._post(CREDENTIALS_PATH, body, token=token))

    def publish_buffer(self, body: str, *, token: str) -> BufferPublished:
        return parsed(BufferPublished, self._post(PUBLISH_PATH, body, token=token))

    def open_table(self, body: str, *, token: str) -> TableOpened:
        return parsed(TableOpened, self._post(OPEN_TABLE_PATH, body, token=token))

    def read_table(self, body: str, *, token: str) -> TableToRead:
        return parsed(TableToRead, self._post(READ_TABLE_PATH, body, token=token))

    def open_pool(self, body: str, *, token: str) -> PoolOpened:
        return parsed(PoolOpened, self._post(OPEN_POOL_PATH, body, token=token))

    def open_feed(self, body: str, *, token: str) -> FeedOpened:
        return parsed(FeedOpened, self._post(OPEN_FEED_PATH, body, token=token))

    def list_inputs(self, body: str, *, token: str) -> InputsAnswer:
        return parsed(InputsAnswer, self._post(INPUTS_PATH, body, token=token))

    def write_lines(self, body: str, *, token: str) -> LogAnswer:
        return parsed(LogAnswer, self._post(LOGS_PATH, body, token=token))

    def _batch(self, path: str, items: Sequence[str]) -> Sequence[ItemResult]:
        return _as_many(parsed(BatchAnswer, self._post(path, f'{{"items":[{",".join(items)}]}}')).results, items, path)

    def _post(self, path: str, body: str, *, token: str = "") -> bytes:
        headers = {CAPABILITY_HEADER: token} if token else None
        return self._send(self._http.build_request("POST", path, content=body.encode(), headers=headers))

    def _send(self, request: httpx.Request) -> bytes:
        try:
            answer = self._http.send(request)
        except httpx.TransportError as error:
            raise Transient(f"the internal plane does not answer: {error!r}") from error
        if answer.status_code in {401, 403} and CAPABILITY_HEADER not in request.headers:
            # Our token, not the message: whoever puts it right must find the messages still there.
            raise Transient(f"the internal plane does not accept this worker's token: {answer.status_code} {answer.text[:300]}")
        if answer.status_code >= 500:
            raise Broke(f"the internal plane answered {answer.status_code}")
        if answer.status_code == 429:
            raise Transient("the internal plane answered 429")
        if answer.status_code == 409:
            raise Fenced(_told(answer, "message") or f"{request.url.path}: {answer.text[:300]}", code=_told(answer, "code"))
        if answer.status_code >= 400:
            raise Permanent(f"the internal plane refused {request.url.path}: {answer.status_code} {answer.text[:300]}")
        return answer.content


def _told(answer: httpx.Response, member: str) -> str:
    try:
        return str(answer.json()[member])
    except (ValueError, KeyError, TypeError):
        return ""


def _as_many(results: Sequence[R], asked: Sequence[object], path: str) -> Sequence[R]:
    if len(results) != len(asked):
        raise Transient(f"the internal plane answered {len(results)} of {len(asked)} items at {path}")
    return results


def parsed(kind: type[A], content: bytes) -> A:
    """What is not the contract is a plane of another version, in the middle of a deployment: it passes."""
    try:
        return kind.model_validate_json(content)
    except ValidationError as error:
        # Not as it is told by default: that quotes what was answered, keys and secrets too.
        found = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors(include_input=False)]
        raise Transient(f"the internal plane answered what is no {kind.__name__}: {'; '.join(found)[:500]}") from None
