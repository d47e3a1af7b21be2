"""The keys with which the dispatcher signs, one signer per process."""

from __future__ import annotations

from functools import cache

from django.conf import settings

from apps.platform import wiring
from apps.platform.ports.signing import Signer


@cache
def signer() -> Signer:
    return wiring.signer(settings.CONFIG)
