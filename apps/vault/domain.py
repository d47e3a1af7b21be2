"""Where a secret lives: `/{environment}/{org}/{namespace}/{name}`."""

from __future__ import annotations

import re
from enum import StrEnum

from apps.platform.errors import Invalid

_NAME = re.compile(r"[A-Z][A-Z0-9_]{0,62}")


class Namespace(StrEnum):
    """`platform` secrets are written by platform staff, `user` secrets by the org's admins and writers."""

    PLATFORM = "platform"
    USER = "user"


def path_of(environment: str, org: str, namespace: Namespace, name: str) -> str:
    """Names are those of environment variables: that is how a job gets them."""
    if not _NAME.fullmatch(name):
        raise Invalid(
            f"`{name[:63]}` is not a secret's name: write capital letters, digits and _, starting with a letter, at most 63.",
            code="bad_secret_name",
        )
    return folder_of(environment, org, namespace) + name


def folder_of(environment: str, org: str, namespace: Namespace) -> str:
    return f"/{environment}/{org}/{namespace}/"
