from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from apps.accounts.domain import normalise_domain
from apps.accounts.models import Person
from apps.accounts.selectors import has_proved_email
from apps.audit import selectors as audit
from apps.audit.models import Record
from apps.orgs import sharing
from apps.orgs.domain import HostPurpose, token_digest
from apps.orgs.models import ApiToken, ApprovedHost, Invitation, Membership, Org, OrgRole, VerifiedDomain
from apps.orgs.policy import Principal
from apps.orgs.sharing import Kind, ObjectGrant, Shared
from apps.platform.errors import BadInput, NotFound
from apps.platform.hosts import as_host


def memberships_of(person: Person) -> QuerySet[Membership]:
    return Membership.objects.filter(person=person).select_related("org", "role").order_by("org__name")


def orgs_of(who: Principal) -> QuerySet[Org]:
    """A token reaches its own org only."""
    orgs = Org.objects.of(who.person)
    return orgs.filter(memberships=who.token.membership_id) if who.token else orgs


def members_of(org: Org, *, search: str = "") -> QuerySet[Membership]:
    """All, or those whose name or address contains the words."""
    members = Membership.objects.filter(org=org).select_related("person", "role").prefetch_related("own_roles")
    return members.filter(Q(person__name__icontains=search) | Q(person__email__icontains=search)) if search else members


def admins_of(org: Org) -> QuerySet[Membership]:
    """Those who can act: who is switched off cannot."""
    return org.memberships.active_admins().select_related("person").order_by("person__name")


def get_member(org: Org, person_id: UUID) -> Membership:
    member = members_of(org).select_related("org").filter(person=person_id).first()
    if member is None:
        raise NotFound("There is no such member in this org.", code="unknown_member")
    return member


def find_member(org: Org, named: str) -> Membership:
    """By their id or their e-mail address."""
    try:
        return get_member(org, UUID(named))
    except ValueError:
        member = members_of(org).select_related("org").filter(person__email=named.strip().lower()).first()
    if member is None:
        raise NotFound("There is no such member in this org: name one by id or e-mail address.", code="unknown_member")
    return member


def open_invitations(org: Org, *, now: datetime) -> QuerySet[Invitation]:
    return Invitation.objects.open(now=now).filter(org=org).select_related("role", "invited_by")


def invitations_for(person: Person, *, now: datetime) -> QuerySet[Invitation]:
    return Invitation.objects.open(now=now).filter(email=person.email).select_related("org", "role").order_by("created_at")


def offers_to(person: Person, *, now: datetime) -> list[Invitation]:
    """Invitations that the person may answer: none, unless they have proved that the address is theirs."""
    offers = list(invitations_for(person, now=now).select_related("invited_by"))
    return offers if offers and has_proved_email(person) else []


def get_offer(person: Person, invitation_id: UUID, *, now: datetime) -> Invitation:
    offer = next((offer for offer in offers_to(person, now=now) if offer.pk == invitation_id), None)
    if offer is None:
        raise NotFound("There is no such invitation for you, or it has ended.", code="unknown_invitation")
    return offer


def get_invitation(org: Org, invitation_id: UUID) -> Invitation:
    invitation = Invitation.objects.filter(org=org, pk=invitation_id).first()
    if invitation is None:
        raise NotFound("There is no such invitation in this org.", code="unknown_invitation")
    return invitation


def roles_of(org: Org) -> QuerySet[OrgRole]:
    return org.roles.order_by("-is_system", "slug")


def get_role(org: Org, slug: str) -> OrgRole:
    role = org.roles.filter(slug=slug).first()
    if role is None:
        raise NotFound("There is no such role in this org.", code="unknown_role")
    return role


def grants_of(org: Org, *, kind: str = "", thing_id: UUID | None = None, now: datetime) -> list[QuerySet[ObjectGrant]]:
    """Living ones of things of the org: a query for each kind."""
    chosen = [sharing.kind_called(kind)] if kind else sharing.kinds()
    given = [one.rows().live(now=now).filter(content_object__org=org) for one in chosen]
    if thing_id:
        given = [rows.filter(content_object=thing_id) for rows in given]
    return [rows.select_related("content_object", "person", "role", "org", "permission", "granted_by") for rows in given]


def grants_to(org: Org, *, now: datetime) -> list[QuerySet[ObjectGrant]]:
    """What other orgs share with this one."""
    given = [one.rows().live(now=now).filter(org=org) for one in sharing.kinds()]
    return [rows.select_related("content_object__org", "org", "permission") for rows in given]


def things_of(org: Org, *, most: int) -> list[tuple[Kind, Shared]]:
    """Whatever can be shared, by name, at most so many of a kind."""
    found = [(kind, thing) for kind in sharing.kinds() for thing in kind.things().filter(org=org).order_by("pk")[:most]]
    return sorted(found, key=lambda pair: str(pair[1]))


def get_grant(org: Org, grant_id: UUID) -> ObjectGrant:
    for kind in sharing.kinds():
        given: ObjectGrant | None = (
            kind.rows().filter(pk=grant_id, content_object__org=org).select_related("content_object__org").first()
        )
        if given:
            return given
    raise NotFound("There is no such grant in this org.", code="unknown_grant")


def get_thing(org: Org, *, kind: str, thing_id: UUID) -> Shared:
    wanted = sharing.kind_called(kind)
    thing: Shared | None = wanted.things().filter(org=org, pk=thing_id).first()
    if thing is None:
        raise NotFound(f"There is no such {wanted.name} in this org.", code="unknown_object")
    return thing


def hosts_of(org: Org) -> QuerySet[ApprovedHost]:
    return org.approved_hosts.select_related("approved_by").order_by("host", "purpose")


def get_host(org: Org, host: str, purpose: HostPurpose) -> ApprovedHost:
    found = hosts_of(org).filter(host=as_host(host), purpose=purpose).first()
    if found is None:
        raise NotFound(f"{host[:100]} is not approved for a {purpose} of this org.", code="unknown_host")
    return found


def is_host_approved(org_id: UUID, host: str, purpose: HostPurpose) -> bool:
    """`host` as `apps.platform.hosts` writes it."""
    return ApprovedHost.objects.filter(org_id=org_id, host=host, purpose=purpose).exists()


def domains_of(org: Org) -> QuerySet[VerifiedDomain]:
    return org.domains.select_related("role").order_by("domain")


def get_domain(org: Org, domain: str) -> VerifiedDomain:
    found = domains_of(org).select_related("org").filter(domain=normalise_domain(domain)).first()
    if found is None:
        raise NotFound("There is no such domain of this org.", code="unknown_domain")
    return found


def tokens_of(org: Org, *, person: Person | None = None) -> QuerySet[ApiToken]:
    """Living ones, newest first: of one person, or of everybody."""
    tokens = ApiToken.objects.filter(membership__org=org, revoked_at=None).select_related("membership__person")
    return (tokens.filter(membership__person=person) if person else tokens).order_by("-created_at")


def tokens_of_person(person: Person) -> QuerySet[ApiToken]:
    """Living ones in all orgs."""
    tokens = ApiToken.objects.filter(membership__person=person, revoked_at=None)
    return tokens.select_related("membership__org").order_by("membership__org__name", "-created_at")


def get_own_token(person: Person, token_id: UUID) -> ApiToken:
    token = tokens_of_person(person).filter(pk=token_id).first()
    if token is None:
        raise NotFound("There is no such token of yours, or it is revoked.", code="unknown_token")
    return token


def get_token(org: Org, token_id: UUID, *, person: Person | None = None) -> ApiToken:
    token = tokens_of(org, person=person).select_related("membership__org").filter(pk=token_id).first()
    if token is None:
        raise NotFound("There is no such token, or it is revoked.", code="unknown_token")
    return token


def get_org(slug: str, *, person: Person) -> Org:
    """An org the person belongs to. Another org answers exactly like one that does not exist."""
    org = Org.objects.of(person).filter(slug=slug).first()
    if org is None:
        raise NotFound("There is no such org, or you do not belong to it.", code="unknown_org")
    return org


def find_org(slug: str) -> Org:
    """Any org: for platform staff."""
    org = Org.objects.filter(slug=slug).first()
    if org is None:
        raise NotFound("There is no such org.", code="unknown_org")
    return org


def all_orgs(*, search: str = "") -> QuerySet[Org]:
    """For platform staff: newest first, with how many belong to each as `members`."""
    orgs = Org.objects.annotate(members=Count("memberships")).order_by("-created_at", "slug")
    return orgs.filter(Q(slug__icontains=search) | Q(name__icontains=search)) if search else orgs


def platform_records(*, filters: Mapping[str, str]) -> QuerySet[Record]:
    """The audit log of all orgs, or with `org` of the one of that slug. `org_slug` is None where the org is gone or none."""
    slug_of = Org.objects.filter(pk=OuterRef("org_id")).values("slug")
    records = audit.records_everywhere(filters=filters).annotate(org_slug=Subquery(slug_of))
    slug = audit.given(filters, "org")
    if not slug:
        return records
    org = Org.objects.filter(slug=slug).first()
    if org is None:
        raise BadInput(f"There is no org `{slug[:40]}`; `org` is the slug of one.", code="bad_filter")
    return records.filter(org_id=org.pk)


def find_token(token: str, *, now: datetime) -> ApiToken | None:
    usable = ApiToken.objects.usable(now=now).select_related("membership__person", "membership__org")
    return usable.filter(digest=token_digest(token)).first()
