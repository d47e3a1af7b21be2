from __future__ import annotations

import uuid
from datetime import datetime
from typing import ClassVar, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from apps.orgs.models import Org, OrgRole
from apps.orm.ids import UuidV7
from apps.pii.domain import LONGEST, LONGEST_NAME, LONGEST_TEXT, Handling, Kind, Mask, State, Verdict


def _choices(names: type[Kind | Handling | Mask | Verdict]) -> list[tuple[str, str]]:
    return [(name.value, name.value) for name in names]


class ColumnClassification(models.Model):
    """A column with personal data. Names are kept folded (domain.folded), so plain uniqueness is SQL's."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    org = models.ForeignKey(Org, models.CASCADE, related_name="+")
    dataset = models.CharField(max_length=LONGEST_NAME)
    column = models.CharField(max_length=LONGEST_NAME)
    kind = models.CharField(max_length=20, choices=_choices(Kind))
    handling = models.CharField(max_length=10, choices=_choices(Handling))
    mask = models.CharField(max_length=10, choices=_choices(Mask), blank=True, default="")
    note = models.CharField(max_length=LONGEST_TEXT, blank=True, default="")
    # Who said so last; the log has those before.
    classified_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    classified_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["org", "dataset", "column"], name="pii_classification_column"),
            models.CheckConstraint(
                condition=Q(handling=Handling.MASK, mask__in=list(Mask)) | Q(handling=Handling.REFUSE, mask=""),
                name="pii_classification_mask",
            ),
        ]

    @property
    def choice(self) -> str:
        """The handling and its mask in one word, as forms offer them."""
        return self.mask or self.handling


class PiiGrantQuerySet(models.QuerySet["PiiGrant"]):
    def waiting(self, *, now: datetime) -> Self:
        return self.filter(decision=None, withdrawn_at=None, expires_at__gt=now)

    def living(self, *, now: datetime) -> Self:
        # Uses the index pii_grant_living when an org and a dataset are named.
        return self.filter(decision=Verdict.APPROVED, revoked_at=None, expires_at__gt=now)

    def ended(self, *, now: datetime) -> Self:
        closed = Q(decision=Verdict.REFUSED) | Q(withdrawn_at__isnull=False) | Q(revoked_at__isnull=False)
        return self.filter(closed | Q(expires_at__lte=now))


class PiiGrant(models.Model):
    """Somebody asks to see classified columns; somebody else lets them, for a purpose and until an end."""

    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)
    org = models.ForeignKey(Org, models.CASCADE, related_name="+")
    dataset = models.CharField(max_length=LONGEST_NAME)
    # NULL: every classified column of the dataset.
    columns = ArrayField(models.CharField(max_length=LONGEST_NAME), null=True)
    # The grantee is exactly one of a person, a role, and a job of a DAG.
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    role = models.ForeignKey(OrgRole, models.SET_NULL, null=True, related_name="+")
    # As it was called: who was let in stays told when the role is gone.
    role_slug = models.CharField(max_length=40, blank=True, default="")
    dag = models.CharField(max_length=63, blank=True, default="")
    job = models.CharField(max_length=63, blank=True, default="")
    purpose = models.CharField(max_length=LONGEST_TEXT)
    # PROTECT: people are switched off, not deleted, and who asked and who decided stays told.
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    decision = models.CharField(max_length=10, choices=_choices(Verdict), null=True)  # noqa: DJ001  no decision is not an empty one
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decision_note = models.CharField(max_length=LONGEST_TEXT, blank=True, default="")
    revoked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    revoked_at = models.DateTimeField(null=True)

    objects = PiiGrantQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["org", "dataset"], name="pii_grant_living", condition=Q(decision=Verdict.APPROVED, revoked_at=None)
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(person__isnull=False, role=None, role_slug="", dag="", job="")
                | (Q(person=None, dag="", job="") & (Q(role__isnull=False) | ~Q(role_slug="")))
                | (Q(person=None, role=None, role_slug="") & ~Q(dag="") & ~Q(job="")),
                name="pii_grant_one_grantee",
            ),
            models.CheckConstraint(condition=Q(columns=None) | Q(columns__len__gt=0), name="pii_grant_columns"),
            models.CheckConstraint(condition=~Q(purpose=""), name="pii_grant_purpose"),
            models.CheckConstraint(condition=Q(decision=None) | Q(decision__in=list(Verdict)), name="pii_grant_verdict"),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("requested_at"), expires_at__lte=F("requested_at") + LONGEST),
                name="pii_grant_expiry",
            ),
            models.CheckConstraint(condition=~Q(decided_by=F("requested_by")), name="pii_grant_other_decides"),
            models.CheckConstraint(
                condition=~Q(decision=Verdict.APPROVED, decided_by=F("person")), name="pii_grant_other_approves"
            ),
            models.CheckConstraint(
                condition=Q(decision=None, decided_by=None, decided_at=None)
                | Q(decision__isnull=False, decided_by__isnull=False, decided_at__isnull=False, withdrawn_at=None),
                name="pii_grant_decided",
            ),
            models.CheckConstraint(
                # A comparison with NULL would let the row pass.
                condition=Q(revoked_at=None, revoked_by=None)
                | Q(revoked_at__isnull=False, revoked_by__isnull=False, decision__isnull=False, decision=Verdict.APPROVED),
                name="pii_grant_revoked",
            ),
        ]

    def state_at(self, now: datetime) -> State:
        """As the predicates above say it."""
        if self.withdrawn_at:
            return State.WITHDRAWN
        if self.decision == Verdict.REFUSED:
            return State.REFUSED
        if self.revoked_at:
            return State.REVOKED
        if self.expires_at <= now:
            return State.EXPIRED
        return State.LIVING if self.decision else State.WAITING

    def covers(self, column: str) -> bool:
        return self.columns is None or column in self.columns

    @property
    def grantee(self) -> str:
        if self.person:
            return self.person.email
        role = self.role.slug if self.role else self.role_slug
        return f"role {role}" if role else f"job {self.dag}.{self.job}"

    @property
    def what(self) -> str:
        """`email, phone of customers`."""
        return f"{', '.join(self.columns) if self.columns else 'every classified column'} of {self.dataset}"
