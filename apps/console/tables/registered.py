"""Which tables are shown, by which columns they are listed and found. A test sees to it that none of ours is missing."""

from __future__ import annotations

from django.contrib.admin import register

from apps.accounts.models import BrowserSession, Identity, Person, SignInFailure
from apps.audit.models import Record
from apps.console.tables.site import site
from apps.console.tables.table import ObjectGrants, Table
from apps.dags.models import Activation, Build, Dag, DagGrant, DagVersion, Draft, Edge, Job
from apps.dispatch.models import Probe, Worker
from apps.orgs.models import (
    ApiToken,
    ApprovedHost,
    Departure,
    Invitation,
    KeptAnswer,
    Membership,
    Org,
    OrgQuota,
    OrgRole,
    RoleHolding,
    VerifiedDomain,
)
from apps.outbox.models import Message
from apps.pii.models import ColumnClassification, PiiGrant
from apps.vault.models import EncryptedSecret, SecretPlace


@register(Person, site=site)
class People(Table):
    hidden = frozenset({"password"})
    list_display = ("email", "name", "is_active", "is_platform_staff", "created_at", "last_login")
    list_filter = ("is_active", "is_platform_staff")
    search_fields = ("email", "name")
    ordering = ("email",)


@register(Identity, site=site)
class Identities(Table):
    list_display = ("subject", "person", "provider", "email", "last_seen_at")
    list_select_related = ("person",)
    search_fields = ("subject", "email", "person__email", "provider")
    ordering = ("-last_seen_at",)


@register(SignInFailure, site=site)
class SignInFailures(Table):
    list_display = ("email", "address", "at")
    search_fields = ("email", "address")
    ordering = ("-at",)


@register(BrowserSession, site=site)
class BrowserSessions(Table):
    list_display = ("person", "browser", "provider", "address", "signed_in_at", "last_seen_at")
    list_select_related = ("person",)
    search_fields = ("person__email", "browser", "address", "provider")
    ordering = ("-last_seen_at",)


@register(Org, site=site)
class Orgs(Table):
    list_display = ("slug", "name", "created_at")
    search_fields = ("slug", "name")
    ordering = ("slug",)


@register(OrgRole, site=site)
class Roles(Table):
    list_display = ("slug", "org", "name", "is_system")
    list_filter = ("is_system",)
    list_select_related = ("org",)
    search_fields = ("slug", "name", "org__slug")
    ordering = ("org__slug", "slug")


@register(RoleHolding, site=site)
class RoleHoldings(Table):
    list_display = ("membership__person__email", "role", "given_by")
    list_select_related = ("membership__person", "role", "given_by")
    search_fields = ("membership__person__email", "role__slug")
    ordering = ("pk",)


@register(OrgQuota, site=site)
class Quotas(Table):
    list_display = ("key", "org", "limit")
    list_select_related = ("org",)
    search_fields = ("key", "org__slug")
    ordering = ("org__slug", "key")


@register(Membership, site=site)
class Memberships(Table):
    list_display = ("person__email", "org", "role__slug", "created_at")
    list_select_related = ("person", "org", "role")
    search_fields = ("person__email", "org__slug", "role__slug")
    ordering = ("org__slug", "person__email")


@register(Invitation, site=site)
class Invitations(Table):
    list_display = ("email", "org", "role__slug", "expires_at", "accepted_at", "revoked_at")
    list_select_related = ("org", "role")
    search_fields = ("email", "org__slug")
    ordering = ("-created_at",)


@register(VerifiedDomain, site=site)
class Domains(Table):
    list_display = ("domain", "org", "role__slug", "created_at")
    list_select_related = ("org", "role")
    search_fields = ("domain", "org__slug")
    ordering = ("domain",)


@register(ApprovedHost, site=site)
class ApprovedHosts(Table):
    list_display = ("host", "purpose", "org", "approved_by", "approved_at")
    list_filter = ("purpose",)
    list_select_related = ("org", "approved_by")
    search_fields = ("host", "org__slug")
    ordering = ("host",)


@register(Departure, site=site)
class Departures(Table):
    list_display = ("person", "org", "at")
    list_select_related = ("person", "org")
    search_fields = ("person__email", "org__slug")
    ordering = ("-at",)


@register(ApiToken, site=site)
class ApiTokens(Table):
    list_display = ("name", "membership__person__email", "membership__org__slug", "scope", "expires_at", "revoked_at")
    list_filter = ("scope",)
    list_select_related = ("membership__person", "membership__org")
    search_fields = ("name", "membership__person__email", "membership__org__slug")
    ordering = ("-created_at",)


@register(KeptAnswer, site=site)
class KeptAnswers(Table):
    # An answer may tell of an org what its reader has no right to.
    hidden = frozenset({"answer", "fingerprint", "body_digest"})
    list_display = ("address", "person", "org", "status", "started_at")
    list_select_related = ("person", "org")
    search_fields = ("address", "person__email", "org__slug")
    ordering = ("-started_at",)


@register(EncryptedSecret, site=site)
class Secrets(Table):
    list_display = ("path", "version", "key_id", "created_at", "rotated_at")
    search_fields = ("path",)
    ordering = ("path",)


@register(ColumnClassification, site=site)
class Classifications(Table):
    list_display = ("column", "dataset", "org", "kind", "handling", "mask", "classified_at")
    list_filter = ("kind", "handling")
    list_select_related = ("org",)
    search_fields = ("column", "dataset", "org__slug")
    ordering = ("org__slug", "dataset", "column")


@register(PiiGrant, site=site)
class PiiGrants(Table):
    list_display = ("dataset", "grantee", "org", "decision", "requested_at", "expires_at", "revoked_at")
    list_filter = ("decision",)
    list_select_related = ("org", "person", "role")
    search_fields = ("dataset", "person__email", "role__slug", "dag", "job", "purpose", "org__slug")
    ordering = ("-pk",)


@register(Record, site=site)
class Records(Table):
    list_display = ("at", "actor_name", "action", "object_kind", "object_name", "address")
    list_filter = ("actor_kind",)
    search_fields = ("actor_name", "action", "object_name", "object_id", "request_id")
    ordering = ("-pk",)


@register(Message, site=site)
class Messages(Table):
    list_display = ("id", "kind", "state", "attempts", "due_at", "error")
    list_filter = ("state",)
    search_fields = ("kind", "error", "request_id")
    ordering = ("-pk",)


@register(Probe, site=site)
class Probes(Table):
    list_display = ("id", "sent_at", "received_at", "worker_id")
    search_fields = ("worker_id",)
    ordering = ("-pk",)


@register(Worker, site=site)
class Workers(Table):
    list_display = ("id", "kind", "first_seen_at", "last_seen_at")
    search_fields = ("id", "kind")
    ordering = ("id",)


@register(SecretPlace, site=site)
class SecretPlaces(Table):
    list_display = ("path", "org", "kept_at")
    list_select_related = ("org",)
    search_fields = ("path", "org__slug")
    ordering = ("-kept_at",)


@register(Dag, site=site)
class Dags(Table):
    list_display = ("name", "org", "owner", "active", "created_at")
    list_select_related = ("org", "owner", "active")
    search_fields = ("name", "org__slug")
    ordering = ("name",)


@register(DagVersion, site=site)
class DagVersions(Table):
    list_display = ("dag", "number", "yaml_hash", "created_by", "created_at")
    list_select_related = ("dag", "created_by")
    search_fields = ("dag__name", "yaml_hash")
    ordering = ("-created_at",)


@register(Job, site=site)
class Jobs(Table):
    list_display = ("name", "version", "operator", "activation", "runtime")
    list_select_related = ("version",)
    search_fields = ("name", "operator", "version__dag__name")
    ordering = ("name",)


@register(Edge, site=site)
class Edges(Table):
    list_display = ("job", "number", "source", "output", "dataset")
    list_select_related = ("job", "source")
    search_fields = ("job__name", "dataset")
    ordering = ("job",)


@register(Build, site=site)
class Builds(Table):
    list_display = ("dag", "version", "state", "cutover", "made_at", "ready_at", "ended_at")
    list_select_related = ("dag", "version")
    list_filter = ("state",)
    search_fields = ("dag__name",)
    ordering = ("-id",)


@register(Activation, site=site)
class Activations(Table):
    list_display = ("dag", "move", "version", "before", "made_by", "made_at")
    list_select_related = ("dag", "version", "before", "made_by")
    search_fields = ("dag__name",)
    ordering = ("-made_at",)


@register(Draft, site=site)
class Drafts(Table):
    list_display = ("name", "org", "person", "base", "saved_at")
    list_select_related = ("org", "person", "base")
    search_fields = ("name", "org__slug", "person__email")
    ordering = ("-saved_at",)


@register(DagGrant, site=site)
class DagGrants(ObjectGrants):
    pass
