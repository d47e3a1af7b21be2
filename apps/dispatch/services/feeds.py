"""The way to a feed: a ticket for exactly the address that a job names, once an admin of the org has approved its host."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from pydantic import ValidationError

from apps.dispatch.capabilities import ISSUER, Capability
from apps.dispatch.services.facts import facts
from apps.dispatch.services.fences import held
from apps.dispatch.signing import signer
from apps.orgs.domain import HostPurpose
from apps.orgs.selectors import is_host_approved
from apps.platform.contracts.feeds import FEED_AUDIENCE, FeedOpened, FeedTicket, OpenFeed
from apps.platform.errors import Forbidden, Invalid
from apps.platform.hosts import host_of
from apps.platform.json import Json
from operators.sdk.catalogue import catalogue

# A feed is fetched once, right away.
TICKET_LIVES = timedelta(minutes=5)


def open_feed(asked: OpenFeed, capability: Capability, *, now: datetime) -> FeedOpened:
    """For who holds a task whose job names the address. Raises StaleFence and Canceled, Forbidden and Invalid."""
    known = facts(held(asked).version_job_id)
    dag, job = known["order"]["dag"], known["order"]["job"]
    feed = _feed(known["order"]) if known["is_trusted"] else ""
    if not feed or feed != asked.feed:
        raise Forbidden(
            f"`{dag}/{job}` may fetch the address that its config names, and no other. Name it there, and deploy that.",
            code="feed_not_named",
        )
    host = host_of(feed)
    if not host:
        raise Invalid(
            "A feed is at https:// and a host with a name: correct `url` in the job's config, and deploy that.", code="bad_feed"
        )
    if not is_host_approved(capability.org_id, host, HostPurpose.FEED):
        raise Forbidden(
            f"`{dag}/{job}` may not fetch from {host} yet: an admin of the org approves it for feeds, on the page Hosts of Admin.",
            code="host_not_approved",
        )
    until = int(min(now + TICKET_LIVES, datetime.fromtimestamp(capability.expires_at, tz=now.tzinfo)).timestamp())
    ticket = FeedTicket(url=feed, org_id=capability.org_id, dag=dag, job=job, task_id=asked.task_id, attempt=asked.attempt)
    claims: dict[str, Json] = {
        "iss": ISSUER, "aud": FEED_AUDIENCE, "sub": f"task:{asked.task_id}", "iat": int(now.timestamp()), "exp": until,
    }  # fmt: skip
    return FeedOpened(
        url=settings.CONFIG.rpc_gateway_url, ticket=signer().sign({**claims, **ticket.model_dump(mode="json")}),
        expires_at=datetime.fromtimestamp(until, tz=now.tzinfo),
    )  # fmt: skip


def _feed(order: Mapping[str, Any]) -> str:
    """As its operator reads the config. Of a config that the operator no longer takes, nothing is known."""
    declared = catalogue().operators.get(order["operator"])
    try:
        return declared.config.model_validate(order["config"]).feed if declared else ""
    except ValidationError:
        return ""
