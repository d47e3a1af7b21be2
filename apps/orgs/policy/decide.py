"""Rights in an org, and over the platform."""

from __future__ import annotations

from apps.orgs.domain import Scope, SystemRole
from apps.orgs.models import ApiToken, Org
from apps.orgs.policy.actions import (
    ANYBODY_SIGNED_IN,
    BY_ROLE,
    IN_AN_ORG,
    NEVER_BY_TOKEN,
    SCOPES,
    STAFF,
    STAFF_IN_EVERY_ORG,
    Action,
)
from apps.orgs.policy.principal import Decision, Principal
from apps.platform.errors import Forbidden, NotFound


def can(who: Principal, action: Action, *, org: Org | None = None) -> Decision:
    if not who.person.is_active:
        return Decision(False, "This account is switched off.")
    decision = _in_org(who, action, org) if action in IN_AN_ORG else _outside_orgs(who, action)
    if decision and who.token:
        return _through(who.token, action, decision)
    return decision


def require(who: Principal, action: Action, *, org: Org | None = None) -> None:
    """Raise what the caller may be told: 404 for another org's things, 403 with the reason within one's own."""
    decision = can(who, action, org=org)
    if decision:
        return
    if not decision.may_know:
        raise NotFound("There is no such org, or you do not belong to it.", code="unknown_org")
    raise Forbidden(decision.because, detail={"action": action.value})


def _in_org(who: Principal, action: Action, org: Org | None) -> Decision:
    if org is None:
        raise TypeError(f"{action} is about an org, and none is given")
    if action in STAFF_IN_EVERY_ORG and who.acts_for_the_platform:
        return Decision(True, "Platform staff may, in every org.")
    membership = who.membership_in(org)
    if membership is None:
        return Decision(False, f"{who.person.email} is not a member of {org.slug}.", may_know=False)
    if who.token and who.token.membership_id != membership.pk:
        return Decision(False, f"This token is for another org than {org.slug}.", may_know=False)
    role = SystemRole(membership.role.slug)
    if action in BY_ROLE[role]:
        return Decision(True, f"Role {role} of {org.slug} may {action}.")
    able = " or ".join(other for other in BY_ROLE if action in BY_ROLE[other])
    return Decision(False, f"This needs the role {able} in {org.slug}; {who.person.email} is {role}. Ask an admin of the org.")


def _outside_orgs(who: Principal, action: Action) -> Decision:
    if action in ANYBODY_SIGNED_IN:
        return Decision(True, "Everybody who is signed in may.")
    if action in STAFF and who.person.is_platform_staff:
        return Decision(True, "Platform staff may.")
    if action in STAFF:
        return Decision(False, "Only platform staff may do this.")
    return Decision(False, f"No person may {action}.")


def _through(token: ApiToken, action: Action, decision: Decision) -> Decision:
    if action in NEVER_BY_TOKEN:
        return Decision(False, "No token may do this: sign in with a browser.")
    needed = SCOPES.get(action, Scope.READ)
    if not Scope(token.scope).covers(needed):
        return Decision(False, f"This token is for `{token.scope}`; this needs one for `{needed}`.")
    return decision
