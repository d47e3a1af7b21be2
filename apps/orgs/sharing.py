"""What can be shared: things of an org that its people see by their visibility, and others by a grant.

Each kind (a dataset, a DAG, a notebook …) is a model that inherits `Shared`, with a model that inherits `ObjectGrant` and
points at it: a direct foreign key, so that the database joins and cascades. The kinds live on floors above and register here.
Guardian's own checks know no expiry and are not used; the policy asks these tables.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from guardian.models import BaseObjectPermission

from apps.orgs.domain import Level, Visibility
from apps.orgs.models import Org, OrgRole
from apps.orm.ids import UuidV7
from apps.platform.errors import Invalid


class Shared(models.Model):
    """One thing of an org. `visible_to` belongs to visibility `role`; when that role goes, only owner and admins are left."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    org = models.ForeignKey(Org, models.CASCADE, related_name="+")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    visibility = models.CharField(max_length=10, choices=[(v.value, v.value) for v in Visibility], default=Visibility.ORG)
    visible_to = models.ForeignKey(OrgRole, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        abstract = True

    @property
    def visible_as(self) -> str:
        """`private`, `org` or `role:<slug>`, as a DAG says it."""
        if self.visibility != Visibility.ROLE:
            return self.visibility
        return f"role:{self.visible_to.slug}" if self.visible_to else Visibility.PRIVATE.value


class ObjectGrantQuerySet(models.QuerySet["ObjectGrant"]):
    def live(self, *, now: datetime) -> Self:
        return self.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=now), revoked_at__isnull=True)


def _one_live(grantee: str) -> models.UniqueConstraint:
    return models.UniqueConstraint(
        fields=["content_object", grantee],
        name=f"%(class)s_one_live_{grantee}",
        condition=Q(revoked_at=None) & Q(**{f"{grantee}__isnull": False}),
    )


class ObjectGrant(BaseObjectPermission):
    """One right on one thing: to a person or a role of its org, or to another org, which may look and only for a time.

    A kind adds `content_object`, its foreign key with `related_name="grants"`, and inherits `Meta`.
    """

    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    role = models.ForeignKey(OrgRole, models.CASCADE, null=True, related_name="+")
    org = models.ForeignKey(Org, models.CASCADE, null=True, related_name="+")
    purpose = models.CharField(max_length=500)
    granted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ObjectGrantQuerySet.as_manager()

    if TYPE_CHECKING:
        content_object: Any
        content_object_id: uuid.UUID

    class Meta:
        abstract = True
        constraints: ClassVar = [
            models.CheckConstraint(
                name="%(class)s_one_grantee",
                condition=Q(person__isnull=False, role__isnull=True, org__isnull=True)
                | Q(person__isnull=True, role__isnull=False, org__isnull=True)
                | Q(person__isnull=True, role__isnull=True, org__isnull=False),
            ),
            models.CheckConstraint(
                name="%(class)s_orgs_for_a_time",
                condition=Q(org__isnull=True) | Q(expires_at__isnull=False),
            ),
            *(_one_live(grantee) for grantee in ("person", "role", "org")),
        ]

    def __str__(self) -> str:
        return self.what

    @property
    def kind(self) -> Kind:
        return kind_of(type(self.content_object))

    @property
    def level(self) -> Level:
        return Level(self.permission.codename.partition("_")[0])

    @property
    def what(self) -> str:
        """`view of dataset Mempool`."""
        return f"{self.level} of {self.kind.key} {self.content_object}"

    @property
    def grantee_words(self) -> tuple[str, str]:
        """As the API says it: whom, and what they are called."""
        if self.person:
            return "person", self.person.email
        if self.role:
            return "role", self.role.slug
        return "org", self.org.slug if self.org else ""


@dataclass(frozen=True)
class Kind:
    """`key` is what the API calls it. `global_in`: of that org, by its slug, what is open to the org is open to every org."""

    key: str
    name: str
    model: type[Shared]
    grants: type[ObjectGrant]
    global_in: str = ""

    def things(self) -> models.QuerySet[Any]:
        return self.model._default_manager.all()  # noqa: SLF001  the public way to any model's manager

    def rows(self) -> Any:
        """Its grants; loosely typed, because only the kind's own model has `content_object`."""
        return self.grants.objects.all()

    def codenames(self, level: Level) -> list[str]:
        """Of Django's permissions, those that suffice for the level."""
        return [f"{enough}_{self.model._meta.model_name}" for enough in level.within()]


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    """Once, in `AppConfig.ready` of the app that has the kind."""
    _kinds[kind.key] = kind


def kinds() -> list[Kind]:
    return sorted(_kinds.values(), key=lambda kind: kind.key)


def kind_called(key: str) -> Kind:
    if key not in _kinds:
        known = ", ".join(f"`{kind.key}`" for kind in kinds()) or "none yet in this version"
        raise Invalid(f"There is no kind `{key[:40]}` of things to share; there is: {known}.", code="unknown_kind")
    return _kinds[key]


def kind_of(model: type[models.Model]) -> Kind:
    return next(kind for kind in _kinds.values() if issubclass(model, kind.model))
