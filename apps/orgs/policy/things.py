"""Which shared things somebody reaches, and why: the rules are conditions of the database, so a list and a single answer agree."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import TypeVar
from uuid import UUID

from django.db.models import Case, Exists, IntegerField, OuterRef, Q, QuerySet, Value, When

from apps.orgs.domain import Level, Scope, SystemRole, Visibility
from apps.orgs.models import Membership
from apps.orgs.policy.principal import Decision, Principal
from apps.orgs.sharing import Shared, kind_of
from apps.platform.errors import Forbidden, NotFound

T = TypeVar("T", bound=Shared)
_NEEDED_SCOPE = {Level.VIEW: Scope.READ, Level.CHANGE: Scope.WRITE}


@dataclass(frozen=True)
class Rule:
    because: str
    holds: Q | Exists


def visible(things: QuerySet[T], who: Principal, *, now: datetime, level: Level = Level.VIEW) -> QuerySet[T]:
    """Those of the things that somebody reaches. Filter before: this adds one condition to the query, and one query."""
    if _barred(who, level):
        return things.none()
    return things.filter(reaching(who, things.model, now=now, level=level))


def reaching(who: Principal, model: type[Shared], *, now: datetime, level: Level = Level.VIEW) -> Q:
    """That as a condition, for a list that tells of both kinds: a subquery would read all of them for the first."""
    nothing = Q(pk__in=[])
    if _barred(who, level):
        return nothing
    return reduce(or_, (Q(rule.holds) for rule in _rules(who, model, level, now)), nothing)


def can_reach(who: Principal, level: Level, thing: Shared, *, now: datetime) -> Decision:
    if barred := _barred(who, level):
        return Decision(False, barred)
    memberships = _memberships(who)
    rules = _rules(who, type(thing), level, now, memberships=memberships)
    first = Case(*(When(rule.holds, then=Value(place)) for place, rule in enumerate(rules)), output_field=IntegerField())
    things = kind_of(type(thing)).things().filter(pk=thing.pk)
    place = things.annotate(first=first).values_list("first", flat=True).first() if rules else None
    if place is not None:
        return Decision(True, rules[place].because)
    return _refused(who, level, thing, memberships, now=now)


def require_reach(who: Principal, level: Level, thing: Shared, *, now: datetime) -> None:
    """Another org's thing answers like one that does not exist; within one's own org the refusal says why."""
    decision = can_reach(who, level, thing, now=now)
    if not decision and decision.may_know:
        raise Forbidden(decision.because, detail={"level": level.value})
    if not decision:
        name = kind_of(type(thing)).name
        raise NotFound(f"There is no such {name}, or you cannot see it.", code="unknown_object")


def _barred(who: Principal, level: Level) -> str:
    if not who.person.is_active:
        return "This account is switched off."
    if who.token and not Scope(who.token.scope).covers(_NEEDED_SCOPE[level]):
        return f"This token is for `{who.token.scope}`; this needs one for `{_NEEDED_SCOPE[level]}`."
    return ""


def _memberships(who: Principal) -> list[Membership]:
    """A token stands for its own membership and no other."""
    memberships = Membership.objects.filter(person=who.person).select_related("role").prefetch_related("own_roles")
    return list(memberships.filter(pk=who.token.membership_id) if who.token else memberships)


def _rules(
    who: Principal, model: type[Shared], level: Level, now: datetime, *, memberships: list[Membership] | None = None
) -> list[Rule]:
    memberships = _memberships(who) if memberships is None else memberships
    orgs = [membership.org_id for membership in memberships]
    admins = [one.org_id for one in memberships if one.role.slug == SystemRole.ADMIN]
    # By visibility a reader only looks; what more somebody may do with one thing is granted.
    by_role = memberships if level is Level.VIEW else [one for one in memberships if one.role.slug != SystemRole.READER]
    return [
        Rule("An admin of its org may do everything with it.", Q(org__in=admins)),
        Rule("It is their own.", Q(owner=who.person, org__in=orgs)),
        Rule("It is open to everybody in its org.", Q(visibility=Visibility.ORG, org__in=[one.org_id for one in by_role])),
        Rule("It is open to a role that they hold.", Q(visibility=Visibility.ROLE, visible_to__in=_roles(by_role))),
        *_granted(who, model, level, memberships, now),
    ]


def _granted(who: Principal, model: type[Shared], level: Level, memberships: list[Membership], now: datetime) -> list[Rule]:
    kind = kind_of(model)
    live = kind.rows().live(now=now).filter(content_object=OuterRef("pk"))
    enough = live.filter(permission__codename__in=kind.codenames(level))
    orgs = [membership.org_id for membership in memberships]
    rules = [
        Rule("It is granted to them.", Exists(enough.filter(person=who.person, content_object__org__in=orgs))),
        Rule("It is granted to a role that they hold.", Exists(enough.filter(role__in=_roles(memberships)))),
    ]
    if level is Level.VIEW:
        rules.append(Rule("It is shared with an org of theirs.", Exists(live.filter(org__in=orgs))))
        if kind.global_in and memberships:
            rules.append(Rule("It is open to every org.", Q(org__slug=kind.global_in, visibility=Visibility.ORG)))
    return rules


def _roles(memberships: list[Membership]) -> list[UUID]:
    return [one.role_id for one in memberships] + [role.pk for one in memberships for role in one.own_roles.all()]


def _refused(who: Principal, level: Level, thing: Shared, memberships: list[Membership], *, now: datetime) -> Decision:
    name = kind_of(type(thing)).name
    if any(membership.org_id == thing.org_id for membership in memberships):
        return Decision(False, f"Nobody has granted {who.person.email} to {level} this {name}. Ask an admin of its org.")
    sees = level is not Level.VIEW and bool(can_reach(who, Level.VIEW, thing, now=now))
    because = f"This {name} belongs to another org" + (", which shares it to look at only." if sees else ".")
    return Decision(False, because, may_know=sees)
