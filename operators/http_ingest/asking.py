"""The request of one tick, and what its answer means."""

from __future__ import annotations

from operators.http_ingest.config import HttpIngestConfig
from operators.sdk.errors import ConfigurationError, InputError, NotYet, Retry
from operators.sdk.feeds import FeedAnswer, FeedRequest
from operators.sdk.task import TaskContext

_SCHEMES = {"bearer": "Bearer ", "basic": "Basic ", "plain": ""}
_ACCEPTED = {"json": "application/json", "csv": "text/csv"}
# A feed that says it is asked too often is not believed for longer: the next tick comes anyway.
_LONGEST_SECONDS = 3_600.0
_TO_DO = {
    401: "It wants a secret, or another one: put it into the vault, name it in `auth`, and look whether `header` and `scheme` are what it wants.",
    403: "The secret of `auth` may not read this: ask whoever runs the feed, or put another secret into the vault.",
    404: "There is nothing at that address: correct `url`.",
    410: "It says that it is gone for good: find where the feed is now, and correct `url`.",
}


def asked(task: TaskContext[HttpIngestConfig]) -> FeedAnswer:
    """The feed. Raises what its refusal means."""
    config = task.config
    request = FeedRequest(config.url, _headers(task), most_bytes=config.max_bytes, wait_seconds=config.wait_seconds)
    answer = task.fetch(request)
    if answer.status not in {200, 203, 204}:
        raise _refusal(answer, config.url)
    return answer


def _headers(task: TaskContext[HttpIngestConfig]) -> dict[str, str]:
    config = task.config
    headers = (
        config.headers
        if any(name.lower() == "accept" for name in config.headers)
        else {"Accept": _ACCEPTED[config.format], **config.headers}
    )
    if config.auth is None:
        return dict(headers)
    # Pasted with a line's end it would be part of no header.
    secret = task.secret(config.auth.secret).strip()
    if not secret or not (secret.isascii() and secret.isprintable()):
        raise ConfigurationError(
            f"The secret {config.auth.secret} cannot be sent in a header; write it anew, as one line of plain characters."
        )
    return {**headers, config.auth.header: _SCHEMES[config.auth.scheme] + secret}


def _refusal(answer: FeedAnswer, url: str) -> Exception:
    status = answer.status
    if status in {304, 408, 425, 429} or status >= 500:
        message = f"The feed answered {status}, and may answer otherwise in a while."
        if answer.retry_after_seconds is None:
            return Retry(message)
        seconds = min(max(answer.retry_after_seconds, 1.0), _LONGEST_SECONDS)
        return NotYet(f"{message} It said to come back in {seconds:.0f} s.", seconds=seconds)
    if 300 <= status < 400:
        return InputError(
            f"{url} leads to another address, which is not followed; open it in a browser, and write where it ends in `url`."
        )
    return InputError(
        f"The feed answered {status}. {_TO_DO.get(status, 'Look at what it says in a browser, and correct `url` or `headers`.')}"
    )
