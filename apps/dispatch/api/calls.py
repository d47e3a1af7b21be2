"""How a call of the internal plane is read and answered: bodies by the contracts, refusals by field."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from apps.dispatch import capabilities
from apps.dispatch.capabilities import Capability
from apps.platform.contracts import CAPABILITY_HEADER, MOST_BODY_BYTES, ItemResult
from apps.platform.contracts.parts import Fenced
from apps.platform.errors import BadInput, Forbidden, Transient, UserError

M = TypeVar("M", bound=BaseModel)
_MOST_TOLD = 20


def read(request: Request, model: type[M]) -> M:
    body = request._request.body  # noqa: SLF001  DRF would read JSON a second time
    if len(body) > MOST_BODY_BYTES:
        raise BadInput(f"The body has {len(body):,} bytes, over {MOST_BODY_BYTES:,}: send less at once.", code="too_large")
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise _told(error) from None


def _told(error: ValidationError) -> BadInput:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    errors = [
        {"path": ".".join(str(part) for part in one["loc"]), "code": one["type"], "message": one["msg"]}
        for one in found[:_MOST_TOLD]
    ]
    first = errors[0]
    where = f"`{first['path']}`: " if first["path"] else ""
    return BadInput(f"The body is not what this call takes: {where}{first['message']}.", code="bad_request", errors=errors)


def answer(body: BaseModel) -> Response:
    return Response(body.model_dump(mode="json"))


def unkept(body: BaseModel) -> Response:
    """It holds keys or a ticket: whatever stands between keeps no copy."""
    response = answer(body)
    response.headers["Cache-Control"] = "no-store"
    return response


def holder(request: Request, said: Fenced, *, now: Any) -> Capability:
    return _of(request.headers.get(CAPABILITY_HEADER, ""), said, now=now)


def _of(token: str, said: Fenced, *, now: Any) -> Capability:
    """Raises TokenRefused, or Forbidden for a token of another attempt."""
    capability = capabilities.read(token, now=now)
    if (capability.task_id, capability.attempt) != (said.task_id, said.attempt):
        raise Forbidden("The capability token is another attempt's.", code="wrong_scope")
    return capability


def each(
    items: Sequence[Any], act: Callable[[list[tuple[Any, Capability]]], Sequence[BaseModel | UserError | Transient]], *, now: Any
) -> list[ItemResult]:
    """Of a batch: those whose tokens hold go on together, and each is answered by itself."""
    results: list[ItemResult | None] = []
    good: list[tuple[Any, Capability]] = []
    for item in items:
        try:
            good.append((item.body, _of(item.capability_token, item.body, now=now)))
            results.append(None)
        except UserError as refusal:
            results.append(_refused(item.body, refusal))
    answers = iter(act(good) if good else ())
    return [found or _result(item.body, next(answers)) for item, found in zip(items, results, strict=True)]


def _result(said: Fenced, given: BaseModel | UserError | Transient) -> ItemResult:
    if isinstance(given, Transient):
        return ItemResult(task_id=said.task_id, status=503, code="not_yet", message=str(given))
    if isinstance(given, UserError):
        return _refused(said, given)
    return ItemResult(task_id=said.task_id, status=200, answer=given.model_dump(mode="json"))


def _refused(said: Fenced, refusal: UserError) -> ItemResult:
    return ItemResult(task_id=said.task_id, status=refusal.status, code=refusal.code, message=refusal.message)
