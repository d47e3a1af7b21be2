"""The contract of feeds: what lies outside of any chain, fetched by the gateway alone for a task whose job names the address.

Who holds the task gets a ticket for exactly that address; its host was approved by an admin of the org. The gateway fetches it, follows no
redirect, and calls no address that is not of the public internet.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from apps.platform.contracts.parts import Fenced, Part

OPEN_FEED_PATH = "/v1/task/open-feed"
# The gateway's own path; the ticket goes as `Authorization: Bearer`.
FEED_PATH = "/feed"
FEED_AUDIENCE = "trace.feed"
# What the feed answered. Without the first it is the gateway that refuses.
FEED_STATUS_HEADER, FEED_RETRY_HEADER = "X-Trace-Feed-Status", "X-Trace-Feed-Retry-After"

Header = Annotated[str, Field(max_length=8_192)]


class OpenFeed(Fenced):
    """`feed` is the address that the job's config names: another is refused."""

    feed: str = Field(max_length=2_000)


class FeedOpened(Part):
    """`url` is the gateway's."""

    url: str
    ticket: str = Field(repr=False)
    expires_at: datetime


class FeedTicket(Part):
    """The claims of a ticket beside `iss`, `aud`, `sub`, `iat` and `exp`."""

    url: str = Field(max_length=2_000)
    org_id: UUID
    dag: str
    job: str
    task_id: UUID
    attempt: int


class FetchFeed(Part):
    """`headers` may hold a secret: they are neither logged nor shown."""

    headers: dict[Header, Header] = Field(default_factory=dict, max_length=24, repr=False)
    most_bytes: int = Field(ge=1, le=1 << 30)
    wait_seconds: float = Field(ge=0.1, le=600)
