"""Pools of beacon nodes: reading calls of their REST API, passed on with the limits and the hiding of any other pool."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

import aiohttp
import yarl

from workers.rpc_gateway.asking import Asker
from workers.rpc_gateway.envelopes import Answer
from workers.rpc_gateway.exchange import NO_TIMEOUT, failed_status, failure_of
from workers.rpc_gateway.failures import Kind, ProviderFailed
from workers.rpc_gateway.http import Buffered
from workers.rpc_gateway.limits import Limits
from workers.rpc_gateway.methods import Family
from workers.rpc_gateway.pool import Pool
from workers.rpc_gateway.provider import Provider
from workers.rpc_gateway.refusals import Refusal
from workers.rpc_gateway.scrubbing import Scrubber

_READS = re.compile(r"eth/v\d{1,2}/(?:beacon|node|config|debug|validator/duties)(?:/[\w.,:-]+)*")
# Questions that are too long for a path.
_ASKS = re.compile(
    r"eth/v\d{1,2}/(?:beacon/rewards/(?:attestations|sync_committee)/\w+|validator/(?:duties/(?:attester|sync)|liveness)/\w+"
    r"|beacon/states/\w+/(?:validators|validator_balances|validator_identities))"
)
_QUERY = re.compile(r"(?:[\w=&,.:-]|%2[Cc])*")
# Until here an answer is held back, and asked for elsewhere when it breaks off; what is longer is passed on as it comes.
_HELD_BYTES = 1 << 20


@dataclass(frozen=True)
class Question:
    method: str
    path: str
    query: str
    body: bytes = b""


@dataclass
class Passed:
    """An answer of a node: `rest` is None where it is whole."""

    status: int
    content_type: str
    start: bytes
    rest: AsyncIterator[bytes] | None = None


def question_of(method: str, path: str, query: str, body: bytes) -> Question:
    """Raises Refusal for what is no read, or leads elsewhere."""
    allowed = _READS if method == "GET" else _ASKS
    if not allowed.fullmatch(path) or any(part in {".", ".."} for part in path.split("/")) or not _QUERY.fullmatch(query):
        raise Refusal(
            403, "method_refused",
            "Only the reading calls of the beacon API are passed on: /eth/v1 or v2 of beacon, node, config, debug, validator/duties. Events are not: poll.",
        )  # fmt: skip
    return Question(method, path, query, body)


class BeaconWire:
    def __init__(
        self, client: aiohttp.ClientSession, url: str, headers: Mapping[str, str], scrubber: Scrubber, limits: Limits, buffered: Buffered
    ) -> None:  # fmt: skip
        self._client, self._url, self._headers = client, yarl.URL(url, encoded=True), dict(headers)
        self._scrubber, self._limits, self._buffered = scrubber, limits, buffered

    async def get(self, question: Question, *, seconds: float) -> Passed:
        try:
            async with asyncio.timeout(seconds):
                answer = await self._client.request(
                    question.method, self._address(question), headers={**self._headers, **_headers_of(question)}, data=question.body or None,
                    allow_redirects=False, timeout=NO_TIMEOUT,
                )  # fmt: skip
                start, is_whole = await self._start(answer)
        except TimeoutError:
            raise ProviderFailed(Kind.TIMED_OUT, f"it did not answer within {seconds:.1f} s") from None
        except aiohttp.ClientError as error:
            raise failure_of(error) from None
        # A node that does not know an epoch says 404, and that is its answer. So is a question that it calls wrong.
        if (answer.status >= 500 or answer.status in {401, 402, 403, 407, 429}) and (failed := failed_status(answer, b"")):
            answer.close()
            raise failed
        if not is_whole:
            return Passed(answer.status, answer.content_type, start, self._rest(answer))
        return Passed(answer.status, answer.content_type, self._checked(answer, start))

    def _address(self, question: Question) -> yarl.URL:
        base = self._url
        path = f"{base.raw_path.rstrip('/')}/{question.path}"
        query = "&".join(one for one in (base.raw_query_string, question.query) if one)
        return yarl.URL(f"{base.scheme}://{base.raw_authority}{path}{'?' + query if query else ''}", encoded=True)

    async def _start(self, answer: aiohttp.ClientResponse) -> tuple[bytes, bool]:
        held = bytearray()
        while part := await answer.content.readany():
            held += part
            if len(held) > _HELD_BYTES:
                return bytes(held), False
        return bytes(held), True

    def _checked(self, answer: aiohttp.ClientResponse, body: bytes) -> bytes:
        try:
            text = body.decode()
            json.loads(text)
        except (ValueError, RecursionError):
            raise ProviderFailed(Kind.NOT_JSON, "its answer is no JSON") from None
        hide = self._scrubber.answer if answer.status < 400 else self._scrubber.error
        return hide(text).encode()

    async def _rest(self, answer: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
        """Raises ProviderFailed where it breaks off: the caller's own connection is then cut as well, and never ended as if it were whole."""
        size = 0
        try:
            while True:
                async with asyncio.timeout(self._limits.call_seconds):
                    part = await answer.content.readany()
                if not part:
                    return
                size += len(part)
                if size > self._limits.most_streamed_bytes:
                    raise ProviderFailed(Kind.TOO_LARGE, "its answer is larger than what is passed on")
                yield part
        except (TimeoutError, aiohttp.ClientError):
            raise ProviderFailed(Kind.CLOSED, "it broke off in the middle of its answer") from None
        finally:
            answer.close()


class BeaconProvider(Provider):
    """Asked for paths, never for calls."""

    # None of one that may not be called.
    paths: BeaconWire | None = None


class BeaconAsker(Asker):
    """The same order of providers, tries and pauses."""

    def __init__(self, pool: Pool, question: Question, *, key: str, limits: Limits) -> None:
        super().__init__(pool, [], key=key, limits=limits)
        self._question = question
        # What is answered; before that, nothing.
        self.passed = Passed(204, "application/json", b"")

    async def _ask(self, provider: Provider, patience: float) -> list[Answer]:
        self.passed = await get(provider, self._question, patience=patience, until=self._until)
        return []


async def get(provider: Provider, question: Question, *, patience: float, until: float) -> Passed:
    paths = provider.paths if isinstance(provider, BeaconProvider) else None
    if paths is None:
        raise TypeError("a provider of a beacon pool")
    return await provider.run(
        lambda seconds: paths.get(question, seconds=seconds), Family.BEACON, 1, patience=patience, until=until
    )


def _headers_of(question: Question) -> dict[str, str]:
    # Compressed text would have to be opened to be scrubbed; states come as SSZ only to those who ask for it, which nobody may.
    return {"Accept": "application/json"} | ({"Content-Type": "application/json"} if question.body else {})
