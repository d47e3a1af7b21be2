"""The minting port: keys to the object store for one holder, for a while."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

# What STS gives at least, and what it gives at most to somebody who assumed a role himself.
SHORTEST_SECONDS, LONGEST_SECONDS = 900, 3600


@dataclass(frozen=True)
class Minted:
    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str = field(repr=False)
    expires_at: datetime


class CredentialMinter(Protocol):
    """Keys that open what lies below these prefixes and nothing else, and that can neither delete nor make other keys."""

    def mint(self, *, read: Sequence[str], write: Sequence[str], seconds: int, session: str) -> Minted:
        """Prefixes are `s3://bucket/path/`; what may be written may be read. `session` names the holder in the store's own records.

        Raises PrefixRefused, Transient and Permanent.
        """
