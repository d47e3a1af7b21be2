"""Every guarded endpoint × every kind of caller, for one's own org and as a stranger to it.

Who may is in the table of who_may.py.
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
from tests.security.who_may import ABOUT_THE_ORG, MAY, PERSONAS

pytestmark = pytest.mark.django_db


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
