"""Errors → HTTP, once, for page and API: `{"code", "message", "detail"?, "errors"?, "request_id"}` or a page that says the same."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import urlencode

import structlog
from django.conf import settings
from django.core.exceptions import DisallowedHost, PermissionDenied, RequestDataTooBig
from django.db import DataError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from rest_framework import exceptions as drf
from rest_framework.response import Response
from rest_framework.views import set_rollback

from apps.dags.document.reading import LONGEST_BYTES
from apps.platform.errors import BadInput, NotSignedIn, ServiceError, TooMany, Transient, UserError

log = structlog.get_logger("trace.errors")
R = TypeVar("R", bound=HttpResponseBase)

_API_PREFIXES = ("/v1/", "/internal/", "/hooks/")
_CODES = {
    400: "bad_request",
    401: "not_signed_in",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    409: "conflict",
    413: "too_large",
    415: "unsupported_media_type",
    422: "invalid",
    429: "too_many_requests",
    500: "internal_error",
    501: "not_built",
    503: "unavailable",
}
_WORDS = {
    400: "Trace could not read this request.",
    403: "You may not do this. Ask an admin of the org for the right to.",
    404: "There is nothing here, or nothing you can see.",
    405: "This address does not take that method. What it takes is in the header Allow.",
    500: "Something went wrong on our side. It has been logged under the request id.",
    503: "A server that Trace depends on is not answering. Try again in a moment.",
}


def translate(request: HttpRequest, error: Exception) -> HttpResponse | None:
    """What a view raised. None leaves the unexpected to Django: it tells `log_unhandled` and calls `server_error`."""
    if isinstance(error, NotSignedIn) and not _is_api(request):
        return HttpResponse(
            status=302, headers={"Location": f"{reverse('accounts:sign-in')}?{urlencode({'next': request.get_full_path()})}"}
        )
    error = _told_of_text(error)
    if isinstance(error, UserError):
        return _with_retry(_refusal(request, error), error)
    if isinstance(error, ServiceError):
        _log_service(error)
        return _answer(request, 503)
    return None


def api_exception(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """DRF's exception handler."""
    request: HttpRequest = context["request"]._request  # noqa: SLF001  what our helpers know is Django's request
    set_rollback()
    error = _told_of_text(error)
    if isinstance(error, UserError):
        return _with_retry(Response(_body_of(request, error), status=error.status), error)
    if isinstance(error, ServiceError):
        _log_service(error)
        return Response(_body(request, "unavailable", _WORDS[503]), status=503)
    if isinstance(error, (Http404, PermissionDenied)):
        error = drf.NotFound() if isinstance(error, Http404) else drf.PermissionDenied()
    if isinstance(error, drf.APIException):
        return _from_drf(request, error)
    return None


def _told_of_text(error: Exception) -> Exception:
    """No column holds NUL. The driver refuses it before the server sees it, so here it is known once for every address and form."""
    if isinstance(error, (DataError, ValueError)) and "cannot contain NUL" in str(error):
        return BadInput("A text in this request holds a NUL character, which nothing here can.", code="bad_text")
    return error


def _log_service(error: ServiceError) -> None:
    """What may pass is a warning; what will not needs somebody. The caller is told the same: nothing of it is theirs to mend."""
    (log.warning if isinstance(error, Transient) else log.error)("unavailable", error=str(error))


def _with_retry(response: R, error: UserError) -> R:
    if isinstance(error, TooMany):
        response["Retry-After"] = str(error.seconds)
    return response


def _from_drf(request: HttpRequest, error: drf.APIException) -> Response:
    status = error.status_code
    body = _body(request, _CODES.get(status, "bad_request"), _WORDS.get(status) or str(error.detail))
    if isinstance(error, drf.NotAuthenticated):
        body |= {"message": "Sign in, or send `Authorization: Bearer trace_pat_…`."}
    elif isinstance(error, drf.ValidationError):
        body |= {"code": "bad_input", "message": "Some fields are not right.", "errors": _fields(error.detail)}
    elif isinstance(error, drf.ParseError):
        body |= {"code": "bad_json", "message": _about_json(str(error.detail))}
    elif isinstance(error, drf.AuthenticationFailed) and error.get_codes() != drf.AuthenticationFailed.default_code:
        body["code"] = error.get_codes()
    headers = {}
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait) + 1)
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    return Response(body, status=status, headers=headers)


def _about_json(said: str) -> str:
    if "integer string conversion" in said:
        return "A number in the body has thousands of digits, which nothing here takes. Shorten it, or send it as text in quotes."
    return f"The body is not valid JSON: {said}"


def _fields(detail: Any, path: str = "") -> list[dict[str, str]]:
    if isinstance(detail, dict):
        return [row for key, value in detail.items() for row in _fields(value, f"{path}.{key}".lstrip("."))]
    if isinstance(detail, list):
        return [row for value in detail for row in _fields(value, path)]
    return [{"path": path, "code": getattr(detail, "code", "invalid"), "message": str(detail)}]


def log_unhandled(request: HttpRequest | None = None, **_: object) -> None:
    """With the request id that the answer shows, so that one finds the other."""
    log.error("unhandled", method=getattr(request, "method", ""), path=getattr(request, "path", ""), exc_info=sys.exception())


# The handlers that Django calls by the names in a URLconf.


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    log.warning("bad_request", path=request.path, reason=type(exception).__name__)
    if isinstance(exception, DisallowedHost):
        return _answer(request, 400, code="bad_host", message="This server does not go by that name: see TRACE_ALLOWED_HOSTS.")
    if isinstance(exception, RequestDataTooBig):
        return _answer(request, 413, message=_about_size(request))
    return _answer(request, 400)


def _about_size(request: HttpRequest) -> str:
    said = f"The body is over {settings.DATA_UPLOAD_MAX_MEMORY_SIZE:,} bytes, which is the limit here."
    # Whoever sends a text that is too long knows its length, and not that of the JSON around it.
    return f"{said} A DAG's document has at most {LONGEST_BYTES:,} bytes." if "/dags/" in request.path else said


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    # Django calls this while it handles the error. A database that is down is not a fault of the page, and it may come back.
    return _answer(request, 503 if isinstance(sys.exception(), (OperationalError, InterfaceError)) else 500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _answer(
        request,
        403,
        code="csrf_failed",
        message="This form has expired or cookies are switched off. Reload the page and send it again.",
    )


def with_words(request: HttpRequest, response: HttpResponseNotAllowed) -> HttpResponse:
    """Django's own refusal of a method is an empty body."""
    answer = _answer(request, 405)
    answer["Allow"] = response["Allow"]
    return answer


def _answer(
    request: HttpRequest,
    status: int,
    *,
    code: str | None = None,
    message: str | None = None,
    detail: Mapping[str, object] | None = None,
) -> HttpResponse:
    return _shaped(request, status, _body(request, code or _CODES[status], message or _WORDS[status], detail))


def _refusal(request: HttpRequest, error: UserError) -> HttpResponse:
    return _shaped(request, error.status, _body_of(request, error))


def _shaped(request: HttpRequest, status: int, body: Mapping[str, object]) -> HttpResponse:
    """JSON for a program, a note for a fragment's request, a page for somebody who looks at one."""
    if _is_api(request):
        return JsonResponse(body, status=status)
    if request.headers.get("HX-Request"):
        return _note(request, body, status)
    context = {"status": status, "title": HTTPStatus(status).phrase, "error": body}
    return render(request, "errors/error.html", context, status=status)


def _note(request: HttpRequest, body: Mapping[str, object], status: int) -> HttpResponse:
    """To a fragment's request: leave the page as it is. What somebody did and what failed is told in a note."""
    response = HttpResponse(status=status, headers={"HX-Reswap": "none"})
    if request.method != "GET":
        text = f"{body['message']} (request {body['request_id']})"
        response["HX-Trigger"] = json.dumps({"trace:toast": {"text": text, "state": "failed"}})
    return response


def _body(request: HttpRequest, code: str, message: str, detail: Mapping[str, object] | None = None) -> dict[str, object]:
    body: dict[str, object] = {"code": code, "message": message}
    if detail:
        body["detail"] = dict(detail)
    return body | {"request_id": getattr(request, "request_id", "")}


def _body_of(request: HttpRequest, error: UserError) -> dict[str, object]:
    body = _body(request, error.code, error.message, error.detail)
    return body | ({"errors": [dict(one) for one in error.errors]} if error.errors else {})


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith(_API_PREFIXES) or "text/html" not in request.headers.get("Accept", "text/html, */*")
