"""Who may do what. Every view, API and, later, query and task asks here; what is not allowed is refused.

Rights in an org come from the member's system role; a token cuts them down to its scope and its org. Rights over the
platform come from being platform staff. What a member sees of one shared thing comes from its visibility and its grants.
Every answer says why.
"""

from apps.orgs.policy.actions import ANYBODY_SIGNED_IN, BY_ROLE, IN_AN_ORG, IN_WORDS, STAFF, Action
from apps.orgs.policy.decide import can, require
from apps.orgs.policy.principal import Decision, Principal
from apps.orgs.policy.things import can_reach, reaching, require_reach, visible

__all__ = [
    "ANYBODY_SIGNED_IN",
    "BY_ROLE",
    "IN_AN_ORG",
    "IN_WORDS",
    "STAFF",
    "Action",
    "Decision",
    "Principal",
    "can",
    "can_reach",
    "reaching",
    "require",
    "require_reach",
    "visible",
]
