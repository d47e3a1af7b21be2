from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import transaction

from apps.accounts.domain import normalise_email
from apps.accounts.models import Person
from apps.audit import services as audit
from apps.audit.domain import Actor, Subject
from apps.orgs import quotas
from apps.orgs.domain import Level, Visibility, checked_purpose
from apps.orgs.models import Org, OrgRole
from apps.orgs.quotas import Quota
from apps.orgs.sharing import Kind, ObjectGrant, Shared, kind_of
from apps.platform.errors import Conflict, Invalid

LONGEST = timedelta(days=366)
Grantee = Person | OrgRole | Org


@transaction.atomic
def grant(
    thing: Shared, *, to: dict[str, str], level: str, purpose: str, expires_at: datetime | None, by: Actor, now: datetime
) -> ObjectGrant:
    """`to` is one of `person` (e-mail), `role` and `org` (slugs). A grant to the same one is replaced."""
    Org.objects.select_for_update().get(pk=thing.org_id)
    slot, grantee = grantee_of(thing.org, to)
    kind, checked_level = kind_of(type(thing)), _level(level, grantee)
    _check_end(expires_at, grantee, now=now)
    replaced = (
        kind.rows().filter(content_object=thing, revoked_at=None, **{slot: grantee}).select_for_update(of=("self",)).first()
    )
    if replaced:
        replaced.revoked_at = now
        replaced.save(update_fields=["revoked_at"])
    quotas.require_room(thing.org, Quota.GRANTS, now=now)
    made: ObjectGrant = kind.rows().create(
        content_object=thing, permission=_permission(kind, checked_level), purpose=checked_purpose(purpose),
        granted_by_id=by.person_id, created_at=now, expires_at=expires_at, **{slot: grantee},
    )  # fmt: skip
    before = _told(replaced) if replaced else None
    audit.record("grant.create", _subject(thing, kind), by=by, org_id=thing.org_id, before=before, after=_told(made))
    return made


@transaction.atomic
def revoke_grant(given: ObjectGrant, *, by: Actor, now: datetime) -> None:
    """It ends at once: whoever reads asks the policy each time."""
    if not type(given).objects.filter(pk=given.pk, revoked_at=None).update(revoked_at=now):
        raise Conflict("This grant was revoked meanwhile.", code="grant_closed")
    thing = given.content_object
    audit.record("grant.revoke", _subject(thing, given.kind), by=by, org_id=thing.org_id, before=_told(given))


@transaction.atomic
def change_visibility(thing: Shared, *, visibility: str, by: Actor) -> None:
    """`private`, `org` or `role:<slug>`, as a DAG says it."""
    before = thing.visible_as
    word, _, slug = visibility.partition(":")
    if word not in set(Visibility) or (word == Visibility.ROLE) != bool(slug):
        raise Invalid(f"`{visibility[:60]}` is not one of private, org and role:<slug>.", code="bad_visibility")
    thing.visibility = word
    thing.visible_to = _role(thing.org, slug) if slug else None
    thing.save(update_fields=["visibility", "visible_to"])
    after = {"visibility": thing.visible_as}
    kind = kind_of(type(thing))
    audit.record(
        "visibility.change", _subject(thing, kind), by=by, org_id=thing.org_id, before={"visibility": before}, after=after
    )


def grantee_of(org: Org, to: dict[str, str]) -> tuple[str, Grantee]:
    """The column and the row of whom it is granted to; people and roles of the thing's own org, or an org that is another."""
    if len(to) != 1 or not set(to) <= {"person", "role", "org"}:
        raise Invalid("Grant to one of `person`, `role` and `org`.", code="bad_grantee")
    ((slot, name),) = to.items()
    if slot == "person":
        return slot, _member(org, name)
    return slot, _role(org, name) if slot == "role" else _other_org(org, name)


def _member(org: Org, email: str) -> Person:
    person = Person.objects.filter(email=normalise_email(email), memberships__org=org).first()
    if person is None:
        raise Invalid(
            f"{email[:80]} is no member of {org.slug}: invite them first, or share with their org.", code="not_a_member"
        )
    return person


def _role(org: Org, slug: str) -> OrgRole:
    role = org.roles.filter(slug=slug).first()
    if role is None:
        raise Invalid(f"{org.slug} has no role `{slug[:40]}`.", code="unknown_role")
    return role


def _other_org(org: Org, slug: str) -> Org:
    other = Org.objects.filter(slug=slug).first()
    if other is None:
        raise Invalid(f"There is no org `{slug[:40]}`.", code="unknown_org")
    if other == org:
        raise Invalid("That is the org it belongs to: change its visibility instead.", code="own_org")
    return other


def _level(level: str, grantee: Grantee) -> Level:
    if level not in set(Level):
        raise Invalid(f"`{level[:40]}` is not one of view and change.", code="bad_level")
    if isinstance(grantee, Org) and level != Level.VIEW:
        raise Invalid("Another org may look, and not change: grant `view`.", code="org_looks_only")
    return Level(level)


def _check_end(expires_at: datetime | None, grantee: Grantee, *, now: datetime) -> None:
    if expires_at is None:
        if isinstance(grantee, Org):
            raise Invalid("What is shared with another org ends some day: give `expires_at`.", code="expiry_needed")
        return
    if not now < expires_at <= now + LONGEST:
        raise Invalid("`expires_at` lies in the future, and within a year.", code="bad_expiry")


def _permission(kind: Kind, level: Level) -> Permission:
    content_type = ContentType.objects.get_for_model(kind.model)
    return Permission.objects.get(content_type=content_type, codename=kind.codenames(level)[0])


def _subject(thing: Shared, kind: Kind) -> Subject:
    return Subject(kind.key, str(thing.pk), str(thing))


def _told(given: ObjectGrant) -> dict[str, object]:
    slot, name = given.grantee_words
    until = given.expires_at.isoformat() if given.expires_at else None
    return {slot: name, "level": given.level.value, "purpose": given.purpose, "expires_at": until}
