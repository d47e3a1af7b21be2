"""Every error Trace raises on purpose.

    TraceError
    ├── UserError            shown as written; a 4xx with a stable `code`
    │   ├── BadInput         400  the request cannot be read
    │   ├── NotSignedIn      401
    │   ├── Forbidden        403
    │   ├── NotFound         404  also what belongs to another org
    │   ├── Conflict         409
    │   ├── Invalid          422  readable, but breaks a rule
    │   ├── TooMany          429  wait for `retry_after`
    │   └── NotBuilt         501  a part that this version does not have
    ├── ServiceError         a server that Trace depends on failed
    │   ├── Transient        trying again may help
    │   └── Permanent        trying again will not help
    └── ConfigError          the environment is wrong; the process must not start

Translated in two places only: `traceweb/errors.py` (HTTP) and the worker loop. Anything else is a bug and is not caught.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import ClassVar


class TraceError(Exception):
    """Something Trace knows how to explain."""


class UserError(TraceError):
    """The caller can put it right; `code` is stable, the message is shown as written. `errors`: where it is several things."""

    status: ClassVar[int] = 400
    code: str = "bad_request"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        detail: Mapping[str, object] | None = None,
        errors: Sequence[Mapping[str, object]] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.detail = detail
        self.errors = errors


class BadInput(UserError):
    code = "bad_input"


class NotSignedIn(UserError):
    status = 401
    code = "not_signed_in"


class Forbidden(UserError):
    status = 403
    code = "forbidden"


class NotFound(UserError):
    status = 404
    code = "not_found"


class Conflict(UserError):
    status = 409
    code = "conflict"


class Invalid(UserError):
    status = 422
    code = "invalid"


class TooMany(UserError):
    status = 429
    code = "too_many_requests"

    def __init__(self, message: str, *, code: str | None = None, retry_after: timedelta) -> None:
        super().__init__(message, code=code)
        self.retry_after = retry_after

    @property
    def seconds(self) -> int:
        """Rounded up: whoever comes back then is not sent away again."""
        return max(1, math.ceil(self.retry_after.total_seconds()))


class NotBuilt(UserError):
    status = 501
    code = "not_built"


class ServiceError(TraceError):
    """A server behind a port failed; drivers translate vendor errors into one of the two kinds below."""


class Transient(ServiceError):
    """Unreachable, throttled, timed out: the same call may succeed later."""


class Permanent(ServiceError):
    """Refused for good: wrong credentials, missing bucket, malformed request."""


class ConfigError(TraceError):
    """One or more environment variables are wrong; every problem is listed."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("The configuration is wrong:\n" + "\n".join(f"  {problem}" for problem in problems))
