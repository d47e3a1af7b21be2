"""Whether somebody who has proved who they are, but whom nobody here knows yet, is let in.

Orgs decide that (an invitation, a verified domain), and they are a floor above: each decider registers itself here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from apps.accounts.models import Person
from apps.platform.errors import Conflict


@dataclass(frozen=True, kw_only=True)
class VerifiedIdentity:
    """What a provider proved. `email` is normalised, and empty unless the provider says that it is verified and may say so."""

    provider: str
    issuer: str
    subject: str
    email: str
    name: str = ""


class AlreadyLinked(Conflict):
    """The person is known to the issuer under another subject: an e-mail alone does not make somebody else of them."""

    def __init__(self) -> None:
        super().__init__("Another account at this provider is linked to this person.", code="identity_already_linked")


# Called inside a transaction; returns the person, known or made for the occasion, or None to pass.
Handler = Callable[[VerifiedIdentity, datetime], Person | None]
_handlers: list[Handler] = []


def register(handler: Handler) -> None:
    """Once, in `AppConfig.ready`."""
    if handler not in _handlers:
        _handlers.append(handler)


def admit(identity: VerifiedIdentity, *, now: datetime) -> Person | None:
    """The first decider that knows somebody wins; nobody is admitted without a verified e-mail."""
    if not identity.email:
        return None
    return next((person for handler in _handlers if (person := handler(identity, now))), None)
