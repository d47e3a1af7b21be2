"""The outermost middleware: an id, one log line and one measurement for every request."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, HttpResponseNotAllowed

from apps.platform import metrics
from traceweb import errors

log = structlog.get_logger("trace.http")
_ACCEPTABLE_ID = re.compile(r"[\w.:-]{8,64}")
_QUIET = frozenset({"/healthz", "/readyz", "/metrics"})
Answer = HttpResponseBase | Awaitable[HttpResponseBase]


class RequestContext:
    """Runs on both planes, sync and async: a half that is only sync would cost every request a change of thread."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        self.plane = settings.ROOT_URLCONF.rsplit(".", 1)[-1]
        if self.is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Answer:
        if self.is_async:
            return self._answer_async(request)
        started = self._begin(request)
        return self._end(request, self.get_response(request), started)

    async def _answer_async(self, request: HttpRequest) -> HttpResponseBase:
        started = self._begin(request)
        return self._end(request, await self.get_response(request), started)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponseBase | None:
        return errors.translate(request, error)

    def _begin(self, request: HttpRequest) -> float:
        given = request.headers.get("X-Request-Id", "")
        request.request_id = given if _ACCEPTABLE_ID.fullmatch(given) else uuid.uuid4().hex  # type: ignore[attr-defined]
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request.request_id)  # type: ignore[attr-defined]
        return time.perf_counter()

    def _end(self, request: HttpRequest, response: HttpResponseBase, started: float) -> HttpResponseBase:
        seconds = time.perf_counter() - started
        response["X-Request-Id"] = request.request_id  # type: ignore[attr-defined]
        match = getattr(request, "resolver_match", None)
        # The route, not the path: paths hold ids, and a label per id would fill Prometheus.
        route = match.route if match else "unknown"
        method = request.method if request.method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} else "OTHER"
        metrics.HTTP_SECONDS.labels(self.plane, route, method, response.status_code).observe(seconds)
        if request.path not in _QUIET and not request.path.startswith(settings.STATIC_URL):
            self._log(request, response, seconds)
        return response

    @staticmethod
    def _log(request: HttpRequest, response: HttpResponseBase, seconds: float) -> None:
        log.info("request", method=request.method, path=request.path, status=response.status_code, ms=round(seconds * 1000, 1))


class RefusalsOfMethods:
    """The innermost: what Django refuses with an empty body is a page like every other, for which the frame has to be there."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        return errors.with_words(request, response) if isinstance(response, HttpResponseNotAllowed) else response
