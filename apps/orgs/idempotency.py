"""`Idempotency-Key`: a POST that a program sends again, because no answer came, is done once and answered as it was.

A call without the header costs nothing: no query, no transaction.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from functools import partial, wraps
from typing import Any

from django.db import transaction
from django.http import HttpResponse, HttpResponseBase
from django.utils import timezone
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.authentication import signed_in
from apps.orgs import services
from apps.orgs.models import ApiToken, KeptAnswer
from apps.orgs.services.answers import Call
from apps.platform.errors import BadInput

HEADER, REPLAYED = "Idempotency-Key", "Idempotency-Replayed"
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
Post = Callable[..., Response]


def once(post: Post) -> Callable[..., HttpResponseBase]:
    """Only what was done is kept: a refusal changed nothing, and the same key may be sent again with what is right."""

    @wraps(post)
    def posted(view: Any, request: Request, *args: object, **kwargs: object) -> HttpResponseBase:
        key = request.headers.get(HEADER)
        if key is None:
            return post(view, request, *args, **kwargs)
        _check(key, keeps_answers=view.keeps_answers)
        row = services.begin_answer(_call(view, request, key), now=timezone.now())
        return _again(row) if row.status else _answered(row, partial(post, view, request, *args, **kwargs))

    return posted


def _check(key: str, *, keeps_answers: bool) -> None:
    if not keeps_answers:
        raise BadInput(
            f"This call takes no {HEADER}: its answer holds a secret, and Trace keeps none. If no answer came, look at the list first.",
            code="idempotency_key_refused",
        )
    if not _KEY.fullmatch(key):
        raise BadInput(f"{HEADER} is 1 to 255 visible characters of ASCII, such as a UUID.", code="bad_idempotency_key")


def _call(view: Any, request: Request, key: str) -> Call:
    person, org = signed_in(request), getattr(view, "org", None)
    token = request.auth.pk if isinstance(request.auth, ApiToken) else None
    address = request.get_full_path()
    whose = [str(person.pk), str(token), str(org.pk) if org else None, address, key]
    return Call(_digest(whose), _digest(request.data), person, org, address)


def _digest(value: object) -> bytes:
    """Of what is said: the order of keys and the spaces between them are no difference. A body that is no JSON is its bytes."""
    said = value if isinstance(value, bytes) else json.dumps(value, sort_keys=True).encode(errors="surrogatepass")
    return hashlib.sha256(said).digest()


def _answered(row: KeptAnswer, post: Post) -> Response:
    try:
        with transaction.atomic():
            response = post()
            answer = "" if response.data is None else JSONRenderer().render(response.data).decode()
            services.keep_answer(row, status=response.status_code, answer=answer)
    except BaseException:
        services.release_answer(row)
        raise
    return response


def _again(row: KeptAnswer) -> HttpResponse:
    return HttpResponse(row.answer, status=row.status, content_type="application/json", headers={REPLAYED: "true"})
