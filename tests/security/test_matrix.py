"""Every guarded endpoint × every kind of caller, for one's own org and as a stranger to it.

The table is literal: who may is decided by people, and a change of it shows in review.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.models import BrowserSession, Identity
from apps.audit.domain import Actor
from apps.dags.models import Build, DagVersion
from apps.datasets.models import AccessRequest, Dataset
from apps.dispatch.models import Task
from apps.orgs import services
from apps.orgs.models import ApiToken, Membership, Org
from apps.pii.models import ColumnClassification, PiiGrant
from apps.platform.config import Config
from apps.vault.domain import Namespace
from apps.vault.services import set_secret
from tests.apps.chains.makers import make_pool, make_provider
from tests.apps.console.catalog.makers import make_batch, make_dataset
from tests.apps.dags.makers import deploy, manual
from tests.apps.pii.makers import make_classified, make_grant, make_request
from tests.apps.runs.makers import make_task
from tests.apps.syncing.makers import make_stream
from tests.factories import NOON, Persona, make_org, make_persona, sign_in
from tests.fixtures.platform import make_dead_letter
from tests.grantable.models import Paper
from tests.security.bodies import BODIES
from tests.security.routes import Route, routes

pytestmark = pytest.mark.django_db

EVERYBODY = "admin writer reader analyst staff operator stranger"
MEMBERS = "admin writer reader analyst staff"
WRITERS = "admin writer staff"
ADMINS = "admin staff"  # our staff persona is an admin of the org as well
PLATFORM = "staff operator"  # the operator is staff, and belongs to another org
NOBODY = ""
# To a stranger these are not there; what names none of them is about the caller's own org.
ABOUT_THE_ORG = ("<slug:slug>", "<str:dag_name>", "<str:dataset_name>", "<uuid:task_id>")
PERSONAS = (*EVERYBODY.split(), "anonymous")
# (method, route) → who may. Everybody else gets 401 (nobody), 404 (strangers to the org) or 403.
MAY = {
    ("GET", "/v1/me"): EVERYBODY,
    ("PATCH", "/v1/me"): EVERYBODY,
    ("GET", "/v1/me/sessions"): EVERYBODY,
    ("DELETE", "/v1/me/sessions/<uuid:session_id>"): EVERYBODY,
    # About another org than the token's, and here all come with a token: see test_me_invitations.py for those who do not.
    ("GET", "/v1/me/invitations"): "",
    ("POST", "/v1/me/invitations/<uuid:offer_id>/accept"): "",
    ("POST", "/v1/me/invitations/<uuid:offer_id>/decline"): "",
    ("GET", "/v1/orgs"): EVERYBODY,
    ("POST", "/v1/orgs"): PLATFORM,
    ("GET", "/v1/orgs/<slug:slug>"): MEMBERS + " operator",
    ("PATCH", "/v1/orgs/<slug:slug>"): ADMINS,
    ("GET", "/v1/orgs/<slug:slug>/members"): MEMBERS,
    ("PUT", "/v1/orgs/<slug:slug>/members/<uuid:person_id>"): ADMINS,
    ("DELETE", "/v1/orgs/<slug:slug>/members/<uuid:person_id>"): ADMINS,
    ("GET", "/v1/orgs/<slug:slug>/invitations"): ADMINS,
    ("POST", "/v1/orgs/<slug:slug>/invitations"): ADMINS,
    ("DELETE", "/v1/orgs/<slug:slug>/invitations/<uuid:invitation_id>"): ADMINS,
    ("GET", "/v1/orgs/<slug:slug>/roles"): MEMBERS,
    ("POST", "/v1/orgs/<slug:slug>/roles"): ADMINS,
    ("DELETE", "/v1/orgs/<slug:slug>/roles/<slug:role>"): ADMINS,
    ("GET", "/v1/orgs/<slug:slug>/access"): MEMBERS,
    ("GET", "/v1/orgs/<slug:slug>/grants"): ADMINS,
    ("POST", "/v1/orgs/<slug:slug>/grants"): ADMINS,
    ("DELETE", "/v1/orgs/<slug:slug>/grants/<uuid:grant_id>"): ADMINS,
    ("GET", "/v1/orgs/<slug:slug>/domains"): "admin staff operator",
    ("POST", "/v1/orgs/<slug:slug>/domains"): PLATFORM,
    ("DELETE", "/v1/orgs/<slug:slug>/domains/<str:domain>"): PLATFORM,
    ("GET", "/v1/orgs/<slug:slug>/hosts"): WRITERS,
    ("PUT", "/v1/orgs/<slug:slug>/hosts/<str:host>"): ADMINS,
    ("DELETE", "/v1/orgs/<slug:slug>/hosts/<str:host>"): ADMINS,
    ("GET", "/v1/orgs/<slug:slug>/tokens"): MEMBERS,
    ("POST", "/v1/orgs/<slug:slug>/tokens"): NOBODY,  # a token makes no token; a session does: test_tokens
    ("DELETE", "/v1/orgs/<slug:slug>/tokens/<uuid:token_id>"): MEMBERS,
    ("GET", "/v1/orgs/<slug:slug>/audit"): ADMINS + " operator",
    ("GET", "/v1/orgs/<slug:slug>/audit/export"): ADMINS + " operator",
    ("GET", "/v1/orgs/<slug:slug>/quotas"): MEMBERS + " operator",
    ("PUT", "/v1/orgs/<slug:slug>/quotas/<str:quota>"): PLATFORM,
    ("GET", "/v1/orgs/<slug:slug>/secrets"): WRITERS,
    ("PUT", "/v1/orgs/<slug:slug>/secrets/user/<str:name>"): WRITERS,
    ("DELETE", "/v1/orgs/<slug:slug>/secrets/user/<str:name>"): WRITERS,
    ("GET", "/v1/orgs/<slug:slug>/secrets/platform"): PLATFORM,
    ("PUT", "/v1/orgs/<slug:slug>/secrets/platform/<str:name>"): PLATFORM,
    ("DELETE", "/v1/orgs/<slug:slug>/secrets/platform/<str:name>"): PLATFORM,
    ("GET", "/v1/orgs/<slug:slug>/pii/classifications"): MEMBERS,
    ("PUT", "/v1/orgs/<slug:slug>/pii/classifications/<str:dataset>/<str:column>"): ADMINS,
    ("DELETE", "/v1/orgs/<slug:slug>/pii/classifications/<str:dataset>/<str:column>"): ADMINS,
    ("GET", "/v1/orgs/<slug:slug>/pii/grants"): MEMBERS,
    ("POST", "/v1/orgs/<slug:slug>/pii/grants"): MEMBERS,
    ("GET", "/v1/orgs/<slug:slug>/pii/grants/<uuid:pii_grant_id>"): MEMBERS,
    ("POST", "/v1/orgs/<slug:slug>/pii/grants/<uuid:pii_grant_id>/approve"): ADMINS,
    ("POST", "/v1/orgs/<slug:slug>/pii/grants/<uuid:pii_grant_id>/refuse"): ADMINS,
    ("POST", "/v1/orgs/<slug:slug>/pii/grants/<uuid:pii_grant_id>/withdraw"): MEMBERS,
    ("POST", "/v1/orgs/<slug:slug>/pii/grants/<uuid:pii_grant_id>/revoke"): ADMINS,
    ("GET", "/v1/orgs/<slug:slug>/pii/access"): MEMBERS,
    # The org is the header's, or the only one: a stranger acts in their own.
    ("GET", "/v1/dags"): EVERYBODY,
    ("POST", "/v1/dags/validate"): EVERYBODY,
    ("GET", "/v1/dags/schema"): EVERYBODY,
    ("GET", "/v1/dags/<str:dag_name>"): MEMBERS,
    ("PATCH", "/v1/dags/<str:dag_name>"): WRITERS,
    ("DELETE", "/v1/dags/<str:dag_name>"): WRITERS,
    ("PUT", "/v1/dags/<str:dag_name>/active"): WRITERS,
    ("GET", "/v1/dags/<str:dag_name>/activations"): MEMBERS,
    ("GET", "/v1/dags/<str:dag_name>/versions"): MEMBERS,
    ("POST", "/v1/dags/<str:dag_name>/versions"): "admin writer staff operator stranger",
    ("GET", "/v1/dags/<str:dag_name>/versions/<uuid:version_id>"): MEMBERS,
    ("GET", "/v1/dags/<str:dag_name>/versions/<uuid:version_id>/diff"): MEMBERS,
    ("GET", "/v1/tasks"): EVERYBODY,
    ("POST", "/v1/tasks/cancel"): "admin writer staff operator stranger",
    ("POST", "/v1/tasks/retry"): "admin writer staff operator stranger",
    ("GET", "/v1/tasks/<uuid:task_id>"): MEMBERS,
    ("GET", "/v1/tasks/<uuid:task_id>/logs"): MEMBERS,
    ("GET", "/v1/tasks/<uuid:task_id>/reads"): MEMBERS,
    ("POST", "/v1/tasks/<uuid:task_id>/cancel"): WRITERS,
    ("POST", "/v1/tasks/<uuid:task_id>/retry"): WRITERS,
    ("POST", "/v1/tasks/<uuid:task_id>/rerun"): WRITERS,
    ("GET", "/v1/dags/<str:dag_name>/build"): MEMBERS,
    ("DELETE", "/v1/dags/<str:dag_name>/build"): WRITERS,
    ("POST", "/v1/dags/<str:dag_name>/build/cutover"): WRITERS,
    ("POST", "/v1/dags/<str:dag_name>/jobs/<str:job>/runs"): WRITERS,
    ("PUT", "/v1/dags/<str:dag_name>/jobs/<str:job>/paused"): WRITERS,
    ("GET", "/v1/dags/<str:dag_name>/syncs"): MEMBERS,
    ("POST", "/v1/dags/<str:dag_name>/syncs/<str:stream>/pause"): WRITERS,
    ("POST", "/v1/dags/<str:dag_name>/syncs/<str:stream>/resume"): WRITERS,
    ("GET", "/v1/datasets"): EVERYBODY,
    ("GET", "/v1/datasets/<str:dataset_name>"): MEMBERS,
    ("GET", "/v1/datasets/<str:dataset_name>/preview"): MEMBERS,
    ("GET", "/v1/datasets/<str:dataset_name>/access-requests"): MEMBERS,
    ("POST", "/v1/datasets/<str:dataset_name>/access-requests"): MEMBERS,
    ("POST", "/v1/datasets/<str:dataset_name>/access-requests/<uuid:request_id>/withdraw"): MEMBERS,
    ("POST", "/v1/datasets/<str:dataset_name>/access-requests/<uuid:request_id>/grant"): ADMINS,
    ("POST", "/v1/datasets/<str:dataset_name>/access-requests/<uuid:request_id>/refuse"): ADMINS,
    ("GET", "/v1/datasets/<str:dataset_name>/invalidations"): MEMBERS,
    ("GET", "/v1/datasets/<str:dataset_name>/lineage"): MEMBERS,
    ("GET", "/v1/datasets/<str:dataset_name>/provenance"): MEMBERS,
    ("GET", "/v1/datasets/<str:dataset_name>/stale"): MEMBERS,
    ("POST", "/v1/datasets/<str:dataset_name>/invalidations"): WRITERS,
    ("POST", "/v1/datasets/<str:dataset_name>/backfill"): WRITERS,
    ("GET", "/v1/datasets/<str:dataset_name>/files"): MEMBERS,
    ("GET", "/v1/datasets/<str:dataset_name>/versions"): MEMBERS,
    ("GET", "/v1/datasets/<str:dataset_name>/versions/<uuid:version_id>/compare/<uuid:other_id>"): MEMBERS,
    ("GET", "/v1/datasets/<str:dataset_name>/partitions"): MEMBERS,
    ("POST", "/v1/datasets/<str:dataset_name>/partitions/<uuid:piece_id>/restore"): WRITERS,
    ("GET", "/v1/datasets/<str:dataset_name>/purges"): ADMINS,
    ("POST", "/v1/datasets/<str:dataset_name>/purges"): ADMINS,
    ("POST", "/v1/datasets/<str:dataset_name>/purges/<uuid:purge_id>/retry"): ADMINS,
    ("GET", "/v1/datasets/<str:dataset_name>/dead-letters"): WRITERS,
    ("GET", "/v1/datasets/<str:dataset_name>/dead-letters/<uuid:batch_id>"): WRITERS,
    ("GET", "/v1/datasets/<str:dataset_name>/dead-letters/<uuid:batch_id>/link"): WRITERS,
    ("POST", "/v1/datasets/<str:dataset_name>/dead-letters/<uuid:batch_id>/replay"): WRITERS,
    ("POST", "/v1/datasets/<str:dataset_name>/dead-letters/<uuid:batch_id>/repair"): WRITERS,
    ("GET", "/v1/platform/health"): EVERYBODY,
    ("GET", "/v1/platform/orgs"): PLATFORM,
    ("GET", "/v1/rpc-pools"): EVERYBODY,
    ("GET", "/v1/platform/rpc-pools"): PLATFORM,
    ("GET", "/v1/platform/rpc-pools/<str:pool_name>"): PLATFORM,
    ("PUT", "/v1/platform/rpc-pools/<str:pool_name>"): PLATFORM,
    ("DELETE", "/v1/platform/rpc-pools/<str:pool_name>"): PLATFORM,
    ("GET", "/v1/platform/rpc-pools/<str:pool_name>/providers"): PLATFORM,
    ("GET", "/v1/platform/rpc-pools/<str:pool_name>/providers/<str:provider_name>"): PLATFORM,
    ("PUT", "/v1/platform/rpc-pools/<str:pool_name>/providers/<str:provider_name>"): PLATFORM,
    ("DELETE", "/v1/platform/rpc-pools/<str:pool_name>/providers/<str:provider_name>"): PLATFORM,
    ("GET", "/v1/platform/rpc-health"): PLATFORM,
    ("GET", "/v1/platform/audit"): PLATFORM,
    ("GET", "/v1/platform/audit/export"): PLATFORM,
    ("GET", "/v1/platform/outbox"): PLATFORM,
    ("POST", "/v1/platform/outbox/<uuid:message_id>/replay"): PLATFORM,
    ("GET", "/"): EVERYBODY,
    ("GET", "/o/<slug:slug>/"): MEMBERS,
    ("GET", "/o/<slug:slug>/admin"): MEMBERS,
    ("POST", "/o/<slug:slug>/admin/members/invite"): ADMINS,
    ("POST", "/o/<slug:slug>/admin/members/<uuid:person_id>/change"): ADMINS,
    ("POST", "/o/<slug:slug>/admin/members/<uuid:person_id>/remove"): ADMINS,
    ("POST", "/o/<slug:slug>/admin/invitations/<uuid:invitation_id>/withdraw"): ADMINS,
    ("GET", "/o/<slug:slug>/admin/roles"): MEMBERS,
    ("POST", "/o/<slug:slug>/admin/roles/create"): ADMINS,
    ("POST", "/o/<slug:slug>/admin/roles/<slug:role>/delete"): ADMINS,
    ("GET", "/o/<slug:slug>/admin/access"): MEMBERS,
    ("GET", "/o/<slug:slug>/admin/grants"): ADMINS,
    ("POST", "/o/<slug:slug>/admin/grants/give"): ADMINS,
    ("POST", "/o/<slug:slug>/admin/grants/<uuid:grant_id>/revoke"): ADMINS,
    ("GET", "/o/<slug:slug>/admin/tokens"): MEMBERS,
    ("POST", "/o/<slug:slug>/admin/tokens/create"): MEMBERS,
    ("POST", "/o/<slug:slug>/admin/tokens/<uuid:token_id>/revoke"): MEMBERS,
    ("GET", "/o/<slug:slug>/admin/hosts"): WRITERS,
    ("POST", "/o/<slug:slug>/admin/hosts/approve"): ADMINS,
    ("POST", "/o/<slug:slug>/admin/hosts/<uuid:host_id>/withdraw"): ADMINS,
    ("GET", "/o/<slug:slug>/admin/org"): ADMINS,
    ("POST", "/o/<slug:slug>/admin/org/rename"): ADMINS,
    ("GET", "/o/<slug:slug>/admin/quotas"): MEMBERS,
    ("GET", "/o/<slug:slug>/admin/audit"): ADMINS,
    ("GET", "/o/<slug:slug>/admin/secrets"): WRITERS,
    ("POST", "/o/<slug:slug>/admin/secrets/write"): WRITERS,
    ("POST", "/o/<slug:slug>/admin/secrets/<str:name>/delete"): WRITERS,
    ("GET", "/o/<slug:slug>/admin/pii"): MEMBERS,
    ("POST", "/o/<slug:slug>/admin/pii/request"): MEMBERS,
    ("POST", "/o/<slug:slug>/admin/pii/grants/<uuid:pii_grant_id>/approve"): ADMINS,
    ("POST", "/o/<slug:slug>/admin/pii/grants/<uuid:pii_grant_id>/refuse"): ADMINS,
    ("POST", "/o/<slug:slug>/admin/pii/grants/<uuid:pii_grant_id>/withdraw"): MEMBERS,
    ("POST", "/o/<slug:slug>/admin/pii/grants/<uuid:pii_grant_id>/revoke"): ADMINS,
    ("GET", "/o/<slug:slug>/admin/pii/columns"): MEMBERS,
    ("POST", "/o/<slug:slug>/admin/pii/columns/classify"): ADMINS,
    ("POST", "/o/<slug:slug>/admin/pii/columns/<uuid:column_id>/reclassify"): ADMINS,
    ("POST", "/o/<slug:slug>/admin/pii/columns/<uuid:column_id>/declassify"): ADMINS,
    ("GET", "/o/<slug:slug>/admin/pii/access"): MEMBERS,
    ("GET", "/o/<slug:slug>/dags"): MEMBERS,
    ("GET", "/o/<slug:slug>/dags/-/new"): WRITERS,
    ("POST", "/o/<slug:slug>/dags/-/check"): MEMBERS,
    ("POST", "/o/<slug:slug>/dags/-/edit"): MEMBERS,
    ("GET", "/o/<slug:slug>/dags/-/vocabulary"): MEMBERS,
    ("GET", "/o/<slug:slug>/dags/-/draft"): WRITERS,
    ("PUT", "/o/<slug:slug>/dags/-/draft"): WRITERS,
    ("POST", "/o/<slug:slug>/dags/-/discard"): WRITERS,
    ("POST", "/o/<slug:slug>/dags/-/deploy"): WRITERS,
    ("POST", "/o/<slug:slug>/dags/-/plan"): MEMBERS,
    ("POST", "/o/<slug:slug>/dags/-/diff"): MEMBERS,
    ("GET", "/o/<slug:slug>/dags/<str:dag_name>"): MEMBERS,
    ("GET", "/o/<slug:slug>/dags/<str:dag_name>/edit"): WRITERS,
    ("GET", "/o/<slug:slug>/dags/<str:dag_name>/history"): MEMBERS,
    ("GET", "/o/<slug:slug>/dags/<str:dag_name>/versions/<int:number>"): MEMBERS,
    ("GET", "/o/<slug:slug>/dags/<str:dag_name>/versions/<int:number>/diff"): MEMBERS,
    ("POST", "/o/<slug:slug>/dags/<str:dag_name>/activate"): WRITERS,
    ("POST", "/o/<slug:slug>/dags/<str:dag_name>/delete"): WRITERS,
    ("POST", "/o/<slug:slug>/dags/<str:dag_name>/visibility"): WRITERS,
    ("GET", "/o/<slug:slug>/runs"): MEMBERS,
    ("GET", "/o/<slug:slug>/runs/dead"): MEMBERS,
    ("GET", "/o/<slug:slug>/runs/matching"): WRITERS,
    ("GET", "/o/<slug:slug>/runs/live"): MEMBERS,
    ("POST", "/o/<slug:slug>/runs/jobs/<str:dag_name>/<str:job>/pause"): WRITERS,
    ("POST", "/o/<slug:slug>/runs/jobs/<str:dag_name>/<str:job>/start"): WRITERS,
    ("GET", "/o/<slug:slug>/runs/builds/<str:dag_name>"): MEMBERS,
    ("POST", "/o/<slug:slug>/runs/builds/<str:dag_name>/cutover"): WRITERS,
    ("POST", "/o/<slug:slug>/runs/builds/<str:dag_name>/abandon"): WRITERS,
    ("GET", "/o/<slug:slug>/syncs/<str:dag_name>"): MEMBERS,
    ("POST", "/o/<slug:slug>/syncs/<str:dag_name>/<str:stream>/pause"): WRITERS,
    ("GET", "/o/<slug:slug>/runs/<uuid:task_id>"): MEMBERS,
    ("GET", "/o/<slug:slug>/runs/<uuid:task_id>/live"): MEMBERS,
    ("GET", "/o/<slug:slug>/runs/<uuid:task_id>/reads"): MEMBERS,
    ("GET", "/o/<slug:slug>/runs/<uuid:task_id>/made"): MEMBERS,
    ("GET", "/o/<slug:slug>/runs/<uuid:task_id>/log"): MEMBERS,
    ("GET", "/o/<slug:slug>/runs/<uuid:task_id>/log/raw"): MEMBERS,
    ("GET", "/o/<slug:slug>/runs/<uuid:task_id>/rerunning"): WRITERS,
    ("POST", "/o/<slug:slug>/runs/<uuid:task_id>/rerun"): WRITERS,
    ("POST", "/o/<slug:slug>/runs/<uuid:task_id>/cancel"): WRITERS,
    ("POST", "/o/<slug:slug>/runs/<uuid:task_id>/retry"): WRITERS,
    ("GET", "/o/<slug:slug>/catalog"): MEMBERS,
    ("GET", "/o/<slug:slug>/catalog/<str:dataset_name>"): MEMBERS,
    ("POST", "/o/<slug:slug>/catalog/<str:dataset_name>/visibility"): WRITERS,
    ("POST", "/o/<slug:slug>/catalog/<str:dataset_name>/access/ask"): MEMBERS,
    ("POST", "/o/<slug:slug>/catalog/<str:dataset_name>/access/<uuid:request_id>/withdraw"): MEMBERS,
    ("POST", "/o/<slug:slug>/catalog/<str:dataset_name>/access/<uuid:request_id>/grant"): ADMINS,
    ("POST", "/o/<slug:slug>/catalog/<str:dataset_name>/access/<uuid:request_id>/refuse"): ADMINS,
    ("GET", "/o/<slug:slug>/catalog/<str:dataset_name>/invalidating"): WRITERS,
    ("POST", "/o/<slug:slug>/catalog/<str:dataset_name>/invalidate"): WRITERS,
    ("GET", "/o/<slug:slug>/catalog/<str:dataset_name>/backfilling"): WRITERS,
    ("POST", "/o/<slug:slug>/catalog/<str:dataset_name>/backfill"): WRITERS,
    ("GET", "/o/<slug:slug>/catalog/<str:dataset_name>/compare"): MEMBERS,
    ("GET", "/o/<slug:slug>/catalog/<str:dataset_name>/partitions/<uuid:piece_id>/restoring"): WRITERS,
    ("POST", "/o/<slug:slug>/catalog/<str:dataset_name>/partitions/<uuid:piece_id>/restore"): WRITERS,
    ("GET", "/o/<slug:slug>/catalog/<str:dataset_name>/purging"): ADMINS,
    ("POST", "/o/<slug:slug>/catalog/<str:dataset_name>/purge"): ADMINS,
    ("POST", "/o/<slug:slug>/catalog/<str:dataset_name>/purges/<uuid:purge_id>/retry"): ADMINS,
    ("POST", "/o/<slug:slug>/catalog/<str:dataset_name>/table/look-again"): WRITERS,
    ("GET", "/o/<slug:slug>/catalog/<str:dataset_name>/dead-letters/<uuid:batch_id>/download"): WRITERS,
    ("POST", "/o/<slug:slug>/catalog/<str:dataset_name>/dead-letters/<uuid:batch_id>/replay"): WRITERS,
    ("POST", "/o/<slug:slug>/catalog/<str:dataset_name>/dead-letters/<uuid:batch_id>/repair"): WRITERS,
    ("GET", "/o/<slug:slug>/<slug:key>"): MEMBERS,
    ("GET", "/o/<slug:slug>/<slug:key>/<path:rest>"): MEMBERS,
    ("GET", "/me"): EVERYBODY,
    ("POST", "/me/change"): EVERYBODY,
    ("POST", "/me/keys"): EVERYBODY,
    ("POST", "/me/password"): EVERYBODY,
    ("POST", "/me/sessions/end-others"): EVERYBODY,
    ("POST", "/me/sessions/<uuid:session_id>/end"): EVERYBODY,
    ("POST", "/me/identities/<uuid:identity_id>/unlink"): EVERYBODY,
    ("POST", "/me/tokens/<uuid:token_id>/revoke"): EVERYBODY,
    ("POST", "/me/invitations/<uuid:offer_id>/accept"): EVERYBODY,
    ("POST", "/me/invitations/<uuid:offer_id>/decline"): EVERYBODY,
    ("POST", "/platform/people/<uuid:person_id>/end-sessions"): PLATFORM,
    ("POST", "/platform/sessions/<uuid:session_id>/end"): PLATFORM,
    ("POST", "/platform/identities/<uuid:identity_id>/unlink"): PLATFORM,
    ("GET", "/platform/health"): EVERYBODY,
    ("POST", "/platform/outbox/<uuid:message_id>/replay"): PLATFORM,
    ("GET", "/platform/orgs"): PLATFORM,
    ("POST", "/platform/create-org"): PLATFORM,
    ("GET", "/platform/orgs/<slug:org_slug>"): PLATFORM,
    ("POST", "/platform/orgs/<slug:org_slug>/rename"): PLATFORM,
    ("POST", "/platform/orgs/<slug:org_slug>/appoint"): PLATFORM,
    ("POST", "/platform/orgs/<slug:org_slug>/domains/verify"): PLATFORM,
    ("POST", "/platform/orgs/<slug:org_slug>/domains/<str:domain>/forget"): PLATFORM,
    ("POST", "/platform/orgs/<slug:org_slug>/quotas/<str:quota>"): PLATFORM,
    ("POST", "/platform/orgs/<slug:org_slug>/secrets/write"): PLATFORM,
    ("POST", "/platform/orgs/<slug:org_slug>/secrets/<str:name>/delete"): PLATFORM,
    ("GET", "/platform/people"): PLATFORM,
    ("GET", "/platform/people/<uuid:person_id>"): PLATFORM,
    ("POST", "/platform/people/<uuid:person_id>/switch-off"): PLATFORM,
    ("POST", "/platform/people/<uuid:person_id>/switch-on"): PLATFORM,
    ("GET", "/platform/rpc"): PLATFORM,
    ("POST", "/platform/rpc/create"): PLATFORM,
    ("POST", "/platform/rpc/write-key"): PLATFORM,
    ("GET", "/platform/rpc/pools/<str:pool_name>"): PLATFORM,
    ("POST", "/platform/rpc/pools/<str:pool_name>/change"): PLATFORM,
    ("POST", "/platform/rpc/pools/<str:pool_name>/switch"): PLATFORM,
    ("POST", "/platform/rpc/pools/<str:pool_name>/delete"): PLATFORM,
    ("POST", "/platform/rpc/pools/<str:pool_name>/add-provider"): PLATFORM,
    ("GET", "/platform/rpc/pools/<str:pool_name>/providers/<str:provider_name>"): PLATFORM,
    ("POST", "/platform/rpc/pools/<str:pool_name>/providers/<str:provider_name>/change"): PLATFORM,
    ("POST", "/platform/rpc/pools/<str:pool_name>/providers/<str:provider_name>/switch"): PLATFORM,
    ("POST", "/platform/rpc/pools/<str:pool_name>/providers/<str:provider_name>/delete"): PLATFORM,
    ("POST", "/platform/rpc/pools/<str:pool_name>/providers/<str:provider_name>/try"): PLATFORM,
    ("GET", "/platform/audit"): PLATFORM,
    # For the addresses of Django's admin below it, each of which test_tables.py calls as everybody.
    ("GET", "/platform/django/"): PLATFORM,
}


@dataclass(frozen=True)
class Caller:
    name: str
    persona: Persona | None

    def may(self, method: str, route: str) -> bool:
        return self.name in MAY[method, route].split()


@pytest.fixture(scope="module")
def org(shared_rows: None) -> Org:
    return make_org()


@pytest.fixture(scope="module")
def callers(org: Org) -> dict[str, Caller]:
    # With `staff` there is always another admin, so that "the last admin" refuses nobody here.
    personas = {
        **{role: make_persona(role, org=org) for role in ("admin", "writer", "reader")},
        "analyst": make_persona("reader", org=org, own_roles=("finance",)),
        "staff": make_persona("admin", org=org, is_platform_staff=True),
        "operator": make_persona("admin", org=make_org("Operations"), is_platform_staff=True),
        "stranger": make_persona("admin", org=make_org("Elsewhere")),
        "anonymous": None,
    }
    return {name: Caller(name, persona) for name, persona in personas.items()}


@pytest.fixture(params=PERSONAS)
def caller(request: pytest.FixtureRequest, callers: dict[str, Caller]) -> Caller:
    return callers[request.param]


@pytest.fixture(scope="module")
def someone(org: Org) -> Persona:
    return make_persona("reader", org=org)


@pytest.fixture
def member(org: Org, caller: Caller, someone: Persona) -> Persona:
    return caller.persona if caller.persona and caller.persona.org == org else someone


@pytest.fixture
def grant(org: Org, member: Persona, things: Things, route: str) -> PiiGrant:
    """One that the member may see and, with the right, do to what the address says."""
    now = timezone.now()
    if route.endswith("/withdraw"):
        return make_request(member, now=now)
    held = Membership.objects.get(org=org, person=member.person)
    # For the role of admins nobody asks; admins see every grant.
    role = org.roles.get(slug="reader") if held.role.slug == "admin" else held.role
    if route.endswith("/revoke"):
        return make_grant(org, role, now=now)
    return make_request(make_persona("admin", org=org), role, now=now)


@dataclass(frozen=True)
class Things:
    """Of the org, whoever calls and for whatever."""

    column: ColumnClassification
    version: DagVersion
    trades: Dataset
    tasks: dict[str, Task]
    named: dict[str, object]


@pytest.fixture(scope="module")
def things(org: Org, someone: Persona, shared_vault: Config) -> Things:
    by = Actor.system("tests")
    services.create_role(org, slug="contractors", name="", by=by)
    for namespace in Namespace:
        set_secret(org, namespace=namespace, name="API_KEY", value="a value", by=by, config=shared_vault)
    paper = Paper.objects.create(org=org, title="Mempool")
    given = services.grant(paper, to={"role": "contractors"}, level="view", purpose="tests", expires_at=None, by=by, now=NOON)
    services.verify_domain(org, domain="trace.example", role="reader", by=by, now=NOON)
    host = services.approve_host(org, host="feeds.trace.example", purpose="feed", by=by, now=NOON)
    invitation = services.invite(org, email="invited@trace.example", role="reader", by=by, now=NOON)
    version, column, trades = (
        deploy(make_persona("writer", org=org), manual()),
        make_classified(org, "email")[0],
        make_dataset(org, "trades"),
    )
    make_provider(pool := make_pool())
    named = {
        "slug": org.slug, "person_id": someone.person.pk, "invitation_id": invitation.pk, "role": "contractors",
        "message_id": make_dead_letter().pk, "key": "sql", "rest": "one", "dag_name": "ranges", "version_id": version.pk, "number": 1,
        "quota": "members", "name": "API_KEY", "grant_id": given.pk, "dataset": column.dataset, "dataset_name": trades.name,
        "other_id": version.pk, "piece_id": version.pk, "purge_id": version.pk, "column": column.column, "column_id": column.pk,
        "org_slug": org.slug, "domain": "trace.example", "host": host.host, "host_id": host.pk, "job": "start", "pool_name": pool.name, "provider_name": "first", "stream": "main_blocks",
    }  # fmt: skip
    tasks = {status: make_task(version, status=status) for status in ("queued", "failed")}
    return Things(column, version, trades, tasks, named)


@pytest.fixture
def values(caller: Caller, someone: Persona, member: Persona, things: Things, grant: PiiGrant, route: str) -> dict[str, object]:
    """What the addresses name: real things of the org, so that a 404 can only mean the caller."""
    by, version = Actor.system("tests"), things.version
    token = ApiToken.objects.get(membership__person=member.person)
    own = (caller.persona or someone).person
    offer = services.invite(make_org("Inviting"), email=own.email, role="reader", by=by, now=timezone.now())
    session = BrowserSession.objects.create(person=own, browser="Firefox on Linux")
    identity = Identity.objects.create(person=own, provider="demo", issuer="https://id.example", subject="s")
    if "<str:stream>" in route:
        make_stream(version)
    if "build" in route:
        Build.objects.create(dag=version.dag, version=version, cutover="manual", state="ready", scope=[], made_at=NOON)
    task = things.tasks["failed" if route.endswith(("/retry", "/rerun")) else "queued"]
    asker = own if route.endswith("/withdraw") else someone.person
    asked = AccessRequest.objects.create(dataset=things.trades, person=asker, reason="tests", asked_at=NOON)
    # What is not dead is not put right, and then nothing is stored.
    batch = make_batch(things.trades, state="written" if route.endswith("/repair") else "dead")
    return things.named | {
        "token_id": token.pk, "session_id": session.pk, "offer_id": offer.pk, "batch_id": batch.pk, "request_id": asked.pk,
        "pii_grant_id": grant.pk, "identity_id": identity.pk, "task_id": task.pk,
    }  # fmt: skip


def address(route: str, values: dict[str, object]) -> str:
    for name, value in values.items():
        for kind in ("slug", "uuid", "path", "str", "int"):
            route = route.replace(f"<{kind}:{name}>", str(value))
    assert "<" not in route
    return route


def call(caller: Caller, method: str, route: str, path: str) -> int:
    client = Client()
    headers = {}
    if caller.persona and route.startswith("/v1/"):
        headers["Authorization"] = caller.persona.bearer
    elif caller.persona:
        sign_in(client, caller.persona.person)
    body = BODIES.get((method, route), {}) if route.startswith("/v1/") else None
    return client.generic(
        method, path, data=b"" if body is None else _json(body), content_type="application/json", headers=headers
    ).status_code


def _json(body: dict[str, Any]) -> bytes:
    import json

    return json.dumps(body).encode()


@pytest.mark.parametrize(("method", "route"), MAY, ids=lambda value: value)
def test_who_may(caller: Caller, values: dict[str, object], method: str, route: str) -> None:
    status = call(caller, method, route, address(route, values))

    if caller.may(method, route):
        # 501: the pages of parts that this version does not have, which only members get to see.
        # 422: a form sent empty, which only who may send it gets to hear.
        # 400: a question without what it is about.
        # 409: a DAG that was active is not deleted.
        # 409: so is a batch that is written not put right.
        # 503: how pools are is known while the gateway answers, and here none does.
        known = {(501, "sql")} | ({(409, values["key"])} if route.endswith("/repair") else set())
        known |= {(503, values["key"])} if route == "/v1/platform/rpc-health" else set()
        known |= {(409, values["key"])} if (method, route) == ("DELETE", "/v1/dags/<str:dag_name>") else set()
        assert status in {200, 201, 202, 204, 302, 400, 422} or (status, values["key"]) in known
    elif caller.name == "anonymous":
        # A page leads to the sign-in.
        assert status == (401 if route.startswith("/v1/") else 302)
    elif caller.name in {"stranger", "operator"} and any(one in route for one in ABOUT_THE_ORG):
        assert status == 404
    else:
        assert status == 403
    if method == "GET" and route.startswith("/v1/"):
        assert call(caller, "HEAD", route, address(route, values)) == status


def test_an_org_that_does_not_exist_answers_as_one_that_is_not_yours(stranger: Persona, org: Org) -> None:
    client = Client(headers={"Authorization": stranger.bearer})
    answers = [client.get(f"/v1/orgs/{slug}/members") for slug in (org.slug, "never-made")]

    bodies = [{**answer.json(), "request_id": ""} for answer in answers]
    assert bodies[0] == bodies[1] and answers[0].status_code == answers[1].status_code == 404


def test_the_table_names_every_guarded_endpoint() -> None:
    named = {(method if route.startswith("/v1/") else "*", route) for method, route in MAY}
    there = {(method, route.path) for route in routes("public") if not is_table(route) for method in route.actions}

    assert there == named


def is_table(route: Route) -> bool:
    return route.path.startswith("/platform/django/") and route.path != "/platform/django/"
