"""An answer of Trace: its body, or the error that it is."""

from __future__ import annotations

from http import HTTPStatus
from typing import NamedTuple, NoReturn

import httpx

from apps.cli.exits import Misused, Refused, Stopped, Unreachable
from apps.cli.told import Json


class _Told(Json):
    """What has to be there and is not is no answer of Trace's."""

    def __init__(self, url: str, found: Json) -> None:
        super().__init__(found)
        self._url = url

    def __missing__(self, name: str) -> NoReturn:
        raise Unreachable(
            f"{self._url} answered something else: there is no `{name}` in it.",
            hint="Is that the Trace of this `trace`? `trace login --url` says which one is asked.",
        )


class Answer(NamedTuple):
    status: int
    body: Json


_HINTS = {
    "not_signed_in": "Tokens expire. Make a new one under Admin → API tokens, and run `trace login`.",
    "org_needed": "Name it with --org or TRACE_ORG.",
    "unknown_org": "See --org, TRACE_ORG and the org in the file of `trace login`.",
    "unknown_dag": "`trace dags` lists those that you can see.",
    "unknown_task": "`trace status` and the page Runs lead to tasks.",
    "not_retryable": "`trace rerun TASK`, or Re-run on its page, does it anew.",
    "unknown_version": "`trace versions DAG` lists them.",
    "stale_base": "See it with `trace diff DAG BASE latest`, bring it into your file, and deploy with --base of the latest number.",
    "no_longer_valid": "`trace show DAG VERSION | trace validate -` shows where.",
    "quota_exceeded": "See Admin → Quotas.",
}


def answer_of(response: httpx.Response) -> Answer:
    if response.is_redirect:
        raise Unreachable(
            f"{response.url} leads on to {response.headers['Location']}.",
            hint="If that is Trace, give its address (--url, `trace login`).",
        )
    if response.status_code == HTTPStatus.NO_CONTENT:
        return Answer(response.status_code, {})
    body = _json(response)
    if body is None or (not response.is_success and "message" not in body):
        kind = response.headers.get("Content-Type", "nothing").partition(";")[0]
        raise Unreachable(
            f"{response.url} answered {response.status_code} with {kind}, which is not how Trace's API answers.",
            hint="Is the address that of Trace (--url), without a path, and is there a proxy before it that is down?",
        )
    if response.is_success:
        return Answer(response.status_code, body)
    raise _error(response.status_code, body)


def _json(response: httpx.Response) -> Json | None:
    try:
        body = response.json(object_hook=lambda found: _Told(str(response.url), found))
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _in_our_words(message: str) -> str:
    """Nobody types a header here."""
    for theirs, ours in (("with the Trace-Org header", "with --org"), ("as Trace-Org says", "as --org or TRACE_ORG says")):
        message = message.replace(theirs, ours)
    return message


def _error(status: int, body: Json) -> Stopped:
    code, message = str(body.get("code", "")), _in_our_words(str(body["message"]))
    hint = _HINTS.get(code, "")
    if status >= 500 or status == 429:
        return Unreachable(message, hint=f"Request {body.get('request_id', 'without an id')}, if you report it.")
    if status == 400:
        details = "; ".join(f"{one.get('path')}: {one.get('message')}" for one in body.get("errors", ()))
        return Misused(f"{message} {details}".rstrip(), hint=hint)
    return Refused(message, hint=hint, status=status, code=code, errors=body.get("errors", ()))
