"""How an operator fetches what lies outside of any chain: `task.fetch(...)`. The gateway fetches it, from hosts that an admin of the org has approved.

answer = task.fetch(FeedRequest(task.config.url, {"Accept": "text/csv"}, most_bytes=1 << 20, wait_seconds=30))
if answer.status == 200: ...
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class FeedRequest:
    """`headers` may hold a secret, and are never shown."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    most_bytes: int = 16 * 1024 * 1024
    # Until the answer begins, and between two parts of it.
    wait_seconds: float = 30.0


@dataclass(frozen=True)
class FeedAnswer:
    """Whole. A redirect is an answer as well: it is never followed."""

    status: int
    body: bytes = field(repr=False)
    content_type: str = ""
    retry_after_seconds: float | None = None
