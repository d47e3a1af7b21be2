"""How streams are shown on the page of their DAG."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import template
from django.utils import timezone

from apps.dags.models import Dag
from apps.orgs import policy
from apps.orgs.admin_frame import who
from apps.orgs.domain import Level
from apps.orgs.policy import Action
from apps.syncing import selectors
from apps.syncing.domain import StreamState
from apps.syncing.selectors import Standing

register = template.Library()

_BADGES = {
    StreamState.RUNNING: ("running", "Running"), StreamState.PAUSED: ("waiting", "Paused"), StreamState.DONE: ("ok", "Done"),
    StreamState.STALLED: ("failed", "Stalled"),
}  # fmt: skip
_UNITS = ((86_400, "d"), (3600, "h"), (60, "min"))


@dataclass(frozen=True)
class Share:
    """A piece of a bar, in percent of its length."""

    kind: str
    at: str
    width: str


@register.simple_tag(takes_context=True)
def streams_of(context: Mapping[str, Any], dag: Dag) -> list[Standing]:
    return selectors.streams_of(dag, now=timezone.now())


@register.simple_tag(takes_context=True)
def may_hold(context: Mapping[str, Any], dag: Dag) -> bool:
    """The right in the org, and to this DAG."""
    person = who(context["request"])
    return bool(
        policy.can(person, Action.RUNS_ACT, org=context["request"].org)
        and policy.can_reach(person, Level.CHANGE, dag, now=timezone.now())
    )


@register.filter
def declares_streams(dag: Dag) -> bool:
    """In its newest version, which may not be active."""
    return selectors.declares_streams(dag)


@register.filter
def stream_badge(one: Standing) -> str:
    return _BADGES[one.state][0]


@register.filter
def stream_word(one: Standing) -> str:
    return _BADGES[one.state][1]


@register.filter
def shares(one: Standing) -> list[Share]:
    """Done, in flight, failed; the rest of the bar is what is to do."""
    found, at = [], 0.0
    for kind, blocks in (
        ("done", one.stream.blocks_done), ("flight", one.blocks_in_flight), ("failed", one.stream.blocks_failed)
    ):  # fmt: skip
        # What there is of it is seen, however little.
        width = min(max(one.percent(blocks), 0.6 if blocks else 0.0), 100 - at)
        if width > 0:
            found.append(Share(kind, f"{at:.2f}", f"{width:.2f}"))
        at += width
    return found


@register.filter
def percent_done(one: Standing) -> str:
    """Never 100 before all of it is there."""
    percent = one.percent(one.stream.blocks_done)
    return f"{percent:.1f}" if percent < 99.95 or one.stream.blocks_done == one.blocks_in_all else "99.9"


@register.filter
def in_words(seconds: int | None) -> str:
    if seconds is None:
        return "unknown"
    for size, unit in _UNITS:
        if seconds >= size:
            return f"about {round(seconds / size):,} {unit}"
    return "under a minute"


@register.filter
def per_second(rate: float) -> str:
    return f"{rate:,.0f}" if rate >= 10 or rate == 0 else f"{rate:.1f}"
