from __future__ import annotations

import uuid
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils import timezone


class SignInFailure(models.Model):
    """A wrong password, so that the next ones can be made to wait. Kept for a day."""

    email = models.CharField(max_length=254)
    address = models.CharField(max_length=45)
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["email", "-at"], name="sign_in_failure_email"),
            models.Index(fields=["address", "-at"], name="sign_in_failure_address"),
        ]


class PersonManager(BaseUserManager["Person"]):
    def get_by_natural_key(self, email: str | None) -> Person:
        return self.get(email=email)


class Person(AbstractBaseUser):
    """Somebody who signs in. What they may do is in their memberships, not here."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Kept normalised by accounts.domain, so plain uniqueness is case-insensitive uniqueness.
    email = models.CharField(max_length=254, unique=True)
    name = models.CharField(max_length=120)
    is_active = models.BooleanField(default=True)
    is_platform_staff = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    # Defaults of the database as well: the release before this one makes people without them.
    theme = models.CharField(max_length=6, blank=True, default="", db_default="")
    letter_keys = models.BooleanField(default=True, db_default=True)

    objects: ClassVar[PersonManager] = PersonManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        verbose_name_plural = "people"

    def __str__(self) -> str:
        return self.name


class Identity(models.Model):
    """A person as one provider knows them. Its issuer and subject never change and are never given to another; e-mails are."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, models.CASCADE, related_name="identities")
    provider = models.CharField(max_length=40)
    issuer = models.CharField(max_length=255)
    subject = models.CharField(max_length=255)
    # As the provider said it last; who the person is does not hang on it.
    email = models.CharField(max_length=254, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "identities"
        constraints: ClassVar = [models.UniqueConstraint(fields=["issuer", "subject"], name="identity_issuer_subject")]


class BrowserSession(models.Model):
    """A browser in which somebody is signed in. Its id lies in the session, not the other way round: this one may be shown."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, models.CASCADE, related_name="sessions")
    # The key of the provider that proved it; empty for a password of Trace's own.
    provider = models.CharField(max_length=40, blank=True)
    address = models.CharField(max_length=45, blank=True)
    browser = models.CharField(max_length=60)
    signed_in_at = models.DateTimeField(default=timezone.now)
    # To a few minutes (services.sessions).
    last_seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        # To forget those that ended by themselves.
        indexes: ClassVar = [models.Index(fields=["last_seen_at"], name="browser_session_seen")]
