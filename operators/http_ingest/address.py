"""What a feed is asked with. Nothing here is a secret: whoever sees the DAG sees it."""

from __future__ import annotations

import re
from typing import Annotated, Literal
from urllib.parse import parse_qsl, urlsplit

from pydantic import AfterValidator, Field

from operators.sdk.config import Config

_SECRET_HEADERS = {"authorization", "proxy-authorization", "cookie", "x-api-key", "api-key", "x-auth-token"}
_SECRET_PARAMETERS = {"api_key", "apikey", "api-key", "access_token", "token", "key", "secret", "password"}
# The client's own: a feed that sets them breaks the request.
_OWN_HEADERS = {"host", "content-length", "transfer-encoding", "connection"}
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_USE_AUTH = "put the secret into the vault and name it in `auth`"


def _open_address(text: str) -> str:
    try:
        address = urlsplit(text)
    except ValueError:
        raise ValueError("it is not an address; write https://host/path") from None
    if address.scheme != "https" or not address.hostname:
        raise ValueError("it must begin with https:// and name a host")
    if address.username is not None or address.password is not None:
        raise ValueError(f"it must not hold a name or a password; {_USE_AUTH}")
    if hidden := [name for name, _ in parse_qsl(address.query) if name.lower() in _SECRET_PARAMETERS]:
        raise ValueError(f"the parameter {hidden[0]} looks like a secret, which must not stand in a DAG; {_USE_AUTH}")
    return text


def _open_headers(headers: dict[str, str]) -> dict[str, str]:
    for name, value in headers.items():
        if name.lower() in _SECRET_HEADERS:
            raise ValueError(f"{name} holds a secret, which must not stand in a DAG; {_USE_AUTH}")
        if name.lower() in _OWN_HEADERS:
            raise ValueError(f"{name} is set by Trace itself; leave it out")
        if not _HEADER_NAME.fullmatch(name) or not value.isprintable():
            raise ValueError(f"{name[:100]!r} is not a header; use letters, digits and -, and a value on one line")
    return headers


Url = Annotated[str, Field(max_length=2000), AfterValidator(_open_address)]
Headers = Annotated[dict[str, str], Field(max_length=20), AfterValidator(_open_headers)]


class Auth(Config):
    """A secret of the vault, sent in a header."""

    secret: str = Field(pattern=r"^[A-Z][A-Z0-9_]{0,62}$", description="Name of the secret; the job's `secrets` must list it.")
    header: str = Field(default="Authorization", pattern=r"^[A-Za-z0-9-]{1,100}$", description="The header that carries it.")
    scheme: Literal["bearer", "basic", "plain"] = Field(
        default="bearer", description="What stands before it: `Bearer`, `Basic`, or nothing."
    )
