"""Who may do what. Every view, API and, later, query and task asks here; what is not allowed below is refused.

Rights in an org come from the member's system role; a token cuts them down to its scope and its org. Rights over the
platform come from being platform staff. Every answer says why.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from apps.accounts.models import Person
from apps.orgs.domain import Scope, SystemRole
from apps.orgs.models import ApiToken, Membership, Org
from apps.platform.errors import Forbidden, NotFound


class Action(StrEnum):
    """Everything somebody can do that needs a right. `self.…` is about oneself, `platform.…` about Trace as a whole."""

    SELF_VIEW = "self.view"
    SELF_CHANGE = "self.change"
    ORG_VIEW = "org.view"
    ORG_CHANGE = "org.change"
    MEMBERS_VIEW = "members.view"
    MEMBERS_CHANGE = "members.change"
    ROLES_CHANGE = "roles.change"
    TOKENS_OWN = "tokens.own"
    TOKENS_ALL = "tokens.all"
    SECRETS_VIEW = "secrets.view"
    SECRETS_WRITE = "secrets.write"
    QUOTAS_VIEW = "quotas.view"
    AUDIT_VIEW = "audit.view"
    PLATFORM_HEALTH = "platform.health"
    PLATFORM_OUTBOX = "platform.outbox"
    PLATFORM_ORGS = "platform.orgs"
    PLATFORM_PEOPLE = "platform.people"
    PLATFORM_QUOTAS = "platform.quotas"
    PLATFORM_SECRETS = "platform.secrets"
    WORKER_REPORT = "worker.report"


A = Action
_READER = frozenset({A.ORG_VIEW, A.MEMBERS_VIEW, A.TOKENS_OWN, A.QUOTAS_VIEW})
_WRITER = _READER | {A.SECRETS_VIEW, A.SECRETS_WRITE}
_ADMIN = _WRITER | {A.ORG_CHANGE, A.MEMBERS_CHANGE, A.ROLES_CHANGE, A.TOKENS_ALL, A.AUDIT_VIEW}
BY_ROLE = {SystemRole.READER: _READER, SystemRole.WRITER: _WRITER, SystemRole.ADMIN: _ADMIN}
ANYBODY_SIGNED_IN = frozenset({A.SELF_VIEW, A.SELF_CHANGE, A.PLATFORM_HEALTH})
STAFF = frozenset({A.PLATFORM_OUTBOX, A.PLATFORM_ORGS, A.PLATFORM_PEOPLE, A.PLATFORM_QUOTAS, A.PLATFORM_SECRETS})
IN_AN_ORG = _ADMIN
# What a token needs to be for; what is not here changes nothing and needs `read`.
SCOPES = {
    A.SELF_CHANGE: Scope.WRITE, A.SECRETS_WRITE: Scope.WRITE, A.PLATFORM_OUTBOX: Scope.ADMIN,
    A.ORG_CHANGE: Scope.ADMIN, A.MEMBERS_CHANGE: Scope.ADMIN, A.ROLES_CHANGE: Scope.ADMIN, A.TOKENS_OWN: Scope.ADMIN,
    A.TOKENS_ALL: Scope.ADMIN, A.PLATFORM_ORGS: Scope.ADMIN, A.PLATFORM_PEOPLE: Scope.ADMIN,
    A.PLATFORM_QUOTAS: Scope.ADMIN, A.PLATFORM_SECRETS: Scope.ADMIN,
}  # fmt: skip


@dataclass(frozen=True)
class Principal:
    """Who asks: a person, perhaps through a token. A membership that was just read need not be read again."""

    person: Person
    token: ApiToken | None = None
    membership: Membership | None = None

    def membership_in(self, org: Org) -> Membership | None:
        if self.membership and self.membership.org_id == org.pk:
            return self.membership
        return Membership.objects.filter(person=self.person, org=org).select_related("role").first()


@dataclass(frozen=True)
class Decision:
    is_allowed: bool
    because: str
    # Whether the asker may know that the thing exists; if not, the refusal is a 404.
    may_know: bool = True

    def __bool__(self) -> bool:
        return self.is_allowed


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


def actions_of(role: SystemRole) -> frozenset[Action]:
    return BY_ROLE[role]


def _in_org(who: Principal, action: Action, org: Org | None) -> Decision:
    if org is None:
        raise TypeError(f"{action} is about an org, and none is given")
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
    needed = SCOPES.get(action, Scope.READ)
    if not Scope(token.scope).covers(needed):
        return Decision(False, f"This token is for `{token.scope}`; this needs one for `{needed}`.")
    return decision
