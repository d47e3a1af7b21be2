"""Why can, or cannot, a member do something: the answers are the policy's own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from apps.orgs import policy
from apps.orgs.domain import Level
from apps.orgs.models import Membership
from apps.orgs.policy import Action, Decision, Principal
from apps.orgs.sharing import Shared

_LEVELS = {Level.VIEW: "Look at it", Level.CHANGE: "Change it"}


@dataclass(frozen=True)
class Answer:
    action: str
    words: str
    decision: Decision


def about_the_org(member: Membership) -> list[Answer]:
    who = Principal(member.person, membership=member)
    return [
        Answer(action.value, policy.IN_WORDS[action], policy.can(who, action, org=member.org))
        for action in Action
        if action in policy.IN_AN_ORG
    ]


def about_a_thing(member: Membership, thing: Shared, *, now: datetime) -> list[Answer]:
    who = Principal(member.person, membership=member)
    return [Answer(level.value, _LEVELS[level], policy.can_reach(who, level, thing, now=now)) for level in Level]
