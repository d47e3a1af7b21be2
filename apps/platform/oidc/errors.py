"""What can be wrong with a provider or with what it signed.

    ProviderUnreachable  Transient        it does not answer: trying again may help
    ProviderBroken       Permanent        it answers what the standard does not allow
    TokenRejected        TokenRefused     401, with a `code` that says what is wrong with the token

No message holds a token.
"""

from __future__ import annotations

from apps.platform.errors import Permanent, Transient
from apps.platform.tokens import TokenRefused


class ProviderUnreachable(Transient):
    """No answer, or an answer of 5xx."""


class ProviderBroken(Permanent):
    """An answer that cannot be used."""


class TokenRejected(TokenRefused):
    """Not a token that this provider made for us and that holds now."""
