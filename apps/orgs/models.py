from __future__ import annotations

import uuid
from datetime import datetime
from typing import ClassVar, Self

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from apps.accounts.models import Person
from apps.orgs.domain import SCOPE_WORDS, HostPurpose, Scope, SystemRole
from apps.platform.hosts import LONGEST as LONGEST_HOST

SLUG = RegexValidator(r"^[a-z][a-z0-9-]{1,38}[a-z0-9]$", "3 to 40 lower-case letters, digits and dashes, starting with a letter.")


class OrgQuerySet(models.QuerySet["Org"]):
    def of(self, person: Person) -> Self:
        return self.filter(memberships__person=person)


class Org(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.CharField(max_length=40, unique=True, validators=[SLUG])
    name = models.CharField(max_length=120)
    created_at = models.DateTimeField(default=timezone.now)

    objects = OrgQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name


class OrgRole(models.Model):
    """`admin`, `writer` and `reader` come with the org and carry rights. Those an org makes carry none: grants are made to them."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    org = models.ForeignKey(Org, models.CASCADE, related_name="roles")
    slug = models.CharField(max_length=40, validators=[SLUG])
    name = models.CharField(max_length=80, blank=True, default="")
    is_system = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["org", "slug"], name="org_role_slug")]


class OrgQuota(models.Model):
    """A limit that differs from the default (orgs.quotas)."""

    org = models.ForeignKey(Org, models.CASCADE, related_name="quotas")
    key = models.CharField(max_length=40)
    limit = models.PositiveIntegerField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["org", "key"], name="org_quota_key")]


class MembershipQuerySet(models.QuerySet["Membership"]):
    def active_admins(self) -> Self:
        return self.filter(role__slug=SystemRole.ADMIN, person__is_active=True)


class Membership(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    org = models.ForeignKey(Org, models.CASCADE, related_name="memberships")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    # Always one of the system roles (services see to it): what the member may do.
    role = models.ForeignKey(OrgRole, models.PROTECT, related_name="memberships")
    # Empty where no person did: a seed, the rule of a domain.
    role_given_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    # Roles of the org's own making: what the member may see beside it.
    own_roles = models.ManyToManyField(OrgRole, through="RoleHolding", related_name="own_memberships", blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["person", "org"], name="membership_person_org")]

    @property
    def own_role_slugs(self) -> list[str]:
        return sorted(role.slug for role in self.own_roles.all())


class RoleHolding(models.Model):
    """That a member holds a role of the org's own, and from whom they have it: nobody opens personal data to themself."""

    membership = models.ForeignKey(Membership, models.CASCADE, related_name="holdings")
    role = models.ForeignKey(OrgRole, models.CASCADE, related_name="holdings", db_column="orgrole_id")
    given_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        db_table = "orgs_membership_own_roles"
        unique_together: ClassVar = [("membership", "role")]


class Departure(models.Model):
    """Who was removed from an org: the rule of a domain does not bring them back, an invitation does."""

    org = models.ForeignKey(Org, models.CASCADE, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["org", "person"], name="departure_org_person")]


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open(self, *, now: datetime) -> Self:
        """Of an admin who still is one: whoever loses the right to invite cannot come back by what they wrote before."""
        still_admin = Membership.objects.active_admins().filter(org=OuterRef("org"), person=OuterRef("invited_by"))
        may_invite = Q(invited_by=None) | Q(invited_by__is_platform_staff=True) | Q(Exists(still_admin))
        return self.filter(may_invite, accepted_at__isnull=True, revoked_at__isnull=True, expires_at__gt=now)


class Invitation(models.Model):
    """Whoever proves to own the address may join. There is no secret link: the proof is the sign-in itself."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    org = models.ForeignKey(Org, models.CASCADE, related_name="invitations")
    email = models.CharField(max_length=254)
    role = models.ForeignKey(OrgRole, models.CASCADE, related_name="+")
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["org", "email"], name="invitation_one_open", condition=Q(accepted_at=None, revoked_at=None)
            )
        ]


class VerifiedDomain(models.Model):
    """Whoever proves to own an address of this domain joins with this role. Platform staff verify that the org owns it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    org = models.ForeignKey(Org, models.CASCADE, related_name="domains")
    domain = models.CharField(max_length=253, unique=True)
    role = models.ForeignKey(OrgRole, models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)


class ApprovedHost(models.Model):
    """Where data of the org may come from or go to, outside of Trace. An admin approves each; `host` is `name`, or `name:port`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    org = models.ForeignKey(Org, models.CASCADE, related_name="approved_hosts")
    host = models.CharField(max_length=LONGEST_HOST)
    purpose = models.CharField(max_length=10, choices=[(p.value, p.value) for p in HostPurpose])
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    approved_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["org", "host", "purpose"], name="approvedhost_once"),
            models.CheckConstraint(condition=Q(purpose__in=[p.value for p in HostPurpose]), name="approvedhost_purpose"),
        ]

    def __str__(self) -> str:
        return self.host


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def usable(self, *, now: datetime) -> Self:
        """Not expired, not revoked, and the person is still active and a member of the token's org."""
        return self.filter(
            Q(expires_at__isnull=True) | Q(expires_at__gt=now),
            revoked_at__isnull=True,
            membership__person__is_active=True,
        )


class ApiToken(models.Model):
    """A program's proof of acting for one member of one org. Only the digest is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Bound to the membership: who leaves the org takes every token for it along.
    membership = models.ForeignKey(Membership, models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=80)
    scope = models.CharField(max_length=10, choices=[(s.value, s.value) for s in Scope])
    digest = models.BinaryField(max_length=32, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    # To the minute (services.tokens).
    last_used_at = models.DateTimeField(null=True, blank=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["membership", "name"], name="api_token_name", condition=Q(revoked_at=None))
        ]

    @property
    def scope_words(self) -> str:
        return SCOPE_WORDS[Scope(self.scope)]


class KeptAnswer(models.Model):
    """What a POST with an Idempotency-Key was answered. Without a `status` it still runs, or ended without an answer."""

    # Of the caller, the org, the address and the key, which itself is not kept.
    fingerprint = models.BinaryField(max_length=32, unique=True)
    body_digest = models.BinaryField(max_length=32)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    org = models.ForeignKey(Org, models.CASCADE, null=True, related_name="+")
    address = models.TextField()
    status = models.PositiveSmallIntegerField(null=True)
    answer = models.TextField(blank=True, default="")
    started_at = models.DateTimeField()

    class Meta:
        # For the cleaner.
        indexes: ClassVar = [models.Index(fields=["started_at"], name="kept_answer_started")]
