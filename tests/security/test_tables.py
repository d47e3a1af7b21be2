"""Django's admin: every address of it asks the policy, shows no secret and changes nothing."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.db.models import Model
from django.test import Client

from apps.accounts.models import BrowserSession, Identity, Person, SignInFailure
from apps.audit.domain import Actor
from apps.audit.models import Record
from apps.console.tables import site
from apps.dags import services as dags
from apps.dags.models import Build, Dag, DagVersion
from apps.datasets import services as datasets
from apps.datasets.domain import OutputVersion, Publication, Storage
from apps.datasets.models import AccessRequest, Dataset, Partition, Purge
from apps.orgs import policy, services
from apps.orgs.models import ApiToken, Departure, KeptAnswer, Org
from apps.orgs.policy import Action, Principal
from apps.platform.config import Config
from apps.vault.domain import Namespace
from apps.vault.models import SecretPlace
from apps.vault.services import set_secret
from tests.apps.chains.makers import make_pool, make_provider
from tests.apps.console.catalog.makers import make_batch
from tests.apps.dags.makers import activate, deploy, manual
from tests.apps.dispatch.makers import one_of_each
from tests.apps.lineage.makers import one_of_each as one_of_each_of_lineage
from tests.apps.pii.makers import make_classified, make_request
from tests.apps.syncing.makers import make_stream
from tests.factories import NOON, Persona, make_org, make_persona, sign_in
from tests.fixtures.platform import make_dead_letter, make_late_probe, make_worker
from tests.security.routes import Route, routes

pytestmark = pytest.mark.django_db
BELOW = "/platform/django/"
ROUTES = [route for route in routes("public") if route.path.startswith(BELOW)]
OURS = [model for model in apps.get_models() if model.__module__.startswith("apps.")]


@pytest.fixture(scope="module")
def org(shared_rows: None) -> Org:
    return make_org()


@pytest.fixture(scope="module")
def staff(org: Org) -> Persona:
    return make_persona("admin", org=org, is_platform_staff=True)


@pytest.fixture(scope="module")
def rows(staff: Persona, org: Org, shared_vault: Config, queue_tables: None) -> None:
    """One of each table at least."""
    for make in (make_dead_letter, make_late_probe, make_worker):
        make()
    by = Actor.system("tests")
    set_secret(org, namespace=Namespace.USER, name="API_KEY", value="the-value-of-it", by=by, config=shared_vault)
    services.change_quota(org, quota="members", limit=5, by=by)
    services.verify_domain(org, domain="trace.example", role="reader", by=by, now=NOON)
    services.approve_host(org, host="feeds.trace.example", purpose="feed", by=by, now=NOON)
    services.invite(org, email="new@trace.example", role="reader", by=by, now=NOON)
    make_classified(org, "email")
    make_request(make_persona("reader", org=org, own_roles=("finance",)))
    SecretPlace.objects.create(org=org, path="/laptop/org/user/API_KEY", kept_at=NOON)
    BrowserSession.objects.create(person=staff.person, browser="Firefox on Linux")
    Identity.objects.create(person=staff.person, provider="demo", issuer="https://issuer.example", subject="1")
    KeptAnswer.objects.create(
        fingerprint=b"f", body_digest=b"d", person=staff.person, org=org, address="/v1/orgs", status=201, started_at=NOON
    )
    Departure.objects.create(org=org, person=staff.person, at=NOON)
    SignInFailure.objects.create(email="new@trace.example", address="10.0.0.1", at=NOON)
    writer = make_persona("writer", org=org, own_roles=("finance",))
    _dags(writer, by)
    _registered(writer)
    make_provider(make_pool())
    one_of_each(writer)
    make_stream(DagVersion.objects.earliest("pk"))
    one_of_each_of_lineage(Dag.objects.get(name="ranges"))


def _dags(writer: Persona, by: Actor) -> None:
    activate(writer, deploy(writer, manual()))
    dags.save_draft(writer.org, writer.person, "ranges", "name: ranges", base=None, now=NOON)
    datasets.publish(
        writer.org, "ranges", [Publication("blocks", Storage.S3, spec={"cadence": "1h"})], owner=None, by=by, now=NOON
    )
    make_batch(Dataset.objects.get(), state="waiting")
    AccessRequest.objects.create(dataset=Dataset.objects.get(), person=writer.person, reason="tests", asked_at=NOON)
    for thing in (Dag.objects.get(), Dataset.objects.get()):
        services.grant(thing, to={"role": "finance"}, level="view", purpose="tests", expires_at=None, by=by, now=NOON)


def _registered(writer: Persona) -> None:
    dag = Dag.objects.get()
    version = dag.versions.get()
    Build.objects.create(dag=dag, version=version, cutover="manual", state="done", scope=[], made_at=NOON)
    output = OutputVersion(uuid4(), uuid4(), dag.name, "start", 0, Storage.S3, uuid4(), "0" * 64)
    datasets.point(writer.org, dag.pk, version.pk, [output], now=NOON)
    Partition.objects.create(
        version_id=output.version_id, key="0-9", number=1, task_id=uuid4(), attempt=1, prefix="a/", files=[], rows=0, size_bytes=0,
        manifest_sha256="0" * 64, committed_at=NOON,
    )  # fmt: skip
    Purge.objects.create(output_id=output.output_id, begun_at=NOON, begun_in=1)


@pytest.mark.parametrize("model", site._registry, ids=lambda model: model.__name__)
def test_a_table_is_called_by_a_plural_that_is_english(model: type[Model]) -> None:
    """Django puts an s behind whatever it is, and the heading of the table says it."""
    name = str(model._meta.verbose_name_plural)

    assert not re.search(r"[^aeiou]ys$|(s|x|z|ch|sh)s$|persons$", name)


def addresses(route: Route) -> list[str]:
    """With real things in place of the names."""
    if "<slug:app_label>" in route.path:
        return [route.path.replace("<slug:app_label>", label) for label in sorted({model._meta.app_label for model in OURS})]
    if "<path:object_id>" in route.path:
        label, name = route.path.removeprefix(BELOW).split("/")[:2]
        row = apps.get_model(label, name)._default_manager.order_by("pk").first()
        assert row is not None, route
        return [route.path.replace("<path:object_id>", quoted(row))]
    return [route.path]


def quoted(row: Model) -> str:
    from django.contrib.admin.utils import quote

    return str(quote(row.pk))


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_every_address_of_it_names_the_one_right(route: Route) -> None:
    assert route.actions == {"*": Action.PLATFORM_ADMIN}


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize("who", ["staff", "admin", "writer", "reader", "stranger", "nobody"])
def test_every_address_of_it_is_for_staff_only(who: str, request: pytest.FixtureRequest) -> None:
    client = Client()
    if who != "nobody":
        sign_in(client, request.getfixturevalue(who).person)
    statuses = {client.get(address).status_code for route in ROUTES for address in addresses(route)}

    assert statuses == {{"staff": 200, "nobody": 302}.get(who, 403)}


@pytest.mark.usefixtures("rows")
def test_nobody_signed_in_is_led_to_our_own_sign_in(client: Client) -> None:
    for route in ROUTES:
        for address in addresses(route):
            assert client.get(address).headers["Location"] == f"/sign-in?next={address}"


def test_no_token_opens_it_whatever_it_is_for(staff: Persona) -> None:
    token = ApiToken.objects.get(membership__person=staff.person)

    assert Client(headers={"Authorization": staff.bearer}).get(BELOW).status_code == 302
    assert policy.can(Principal(staff.person), Action.PLATFORM_ADMIN)
    assert not policy.can(Principal(staff.person, token), Action.PLATFORM_ADMIN)


def test_it_closes_with_the_account_and_with_the_right(client: Client, staff: Persona) -> None:
    sign_in(client, staff.person)
    Person.objects.filter(pk=staff.person.pk).update(is_platform_staff=False)
    assert client.get(BELOW).status_code == 403

    Person.objects.filter(pk=staff.person.pk).update(is_platform_staff=True, is_active=False)
    assert client.get(BELOW).status_code == 302


def test_every_table_of_ours_is_there_and_can_be_searched() -> None:
    shown = {type(table).__name__: table for table in site._registry.values()}

    assert {table.model for table in shown.values()} == set(OURS)
    assert [name for name, table in shown.items() if not table.search_fields] == []


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label_lower)
def test_a_search_finds_and_finds_nothing(client: Client, staff: Persona, model: type[Model]) -> None:
    sign_in(client, staff.person)
    address = f"{BELOW}{model._meta.app_label}/{model._meta.model_name}/"

    assert "0 results" in client.get(address, {"q": "no such thing anywhere"}).text
    assert client.get(address, {"q": "e"}).status_code == 200


@pytest.mark.usefixtures("rows")
def test_no_secret_is_on_any_page_of_it(client: Client, staff: Persona) -> None:
    sign_in(client, staff.person)
    shown = "".join(client.get(address).text for route in ROUTES for address in addresses(route))

    assert staff.person.password and staff.person.password not in shown
    assert "md5$" not in shown and "the-value-of-it" not in shown and "memory at 0x" not in shown
    assert not re.search(r"field-(password|digest|sealed)", shown)


@pytest.mark.parametrize("lookup", ["password__startswith", "email__contains", "memberships__role__slug"])
def test_a_lookup_that_the_page_does_not_offer_is_refused(client: Client, staff: Persona, lookup: str) -> None:
    """A password's hash could be spelled out letter by letter, by what is listed and what is not."""
    sign_in(client, staff.person)

    assert client.get(f"{BELOW}accounts/person/", {lookup: "m"}).status_code == 400
    assert client.get(f"{BELOW}accounts/person/", {"is_active__exact": "1"}).status_code == 200


@pytest.mark.usefixtures("rows")
def test_nothing_is_changed_by_whatever_is_sent(client: Client, staff: Persona, org: Org) -> None:
    sign_in(client, staff.person)
    client.get(BELOW)  # the session's first request writes down where they are signed in
    before = [list(model._default_manager.order_by("pk").values()) for model in OURS]
    sent = {"name": "Hacked", "slug": "hacked", "_save": "Save", "action": "delete_selected", "_selected_action": str(org.pk)}
    for route in ROUTES:
        for address in addresses(route):
            client.post(address, sent)
            for more in ("add/", "delete/", f"{org.pk}/delete/", f"{org.pk}/history/"):
                assert client.post(f"{address}{more}", sent).status_code in {403, 404, 405}, address

    assert [list(model._default_manager.order_by("pk").values()) for model in OURS] == before
    assert not LogEntry.objects.exists() and not Record.objects.filter(action__startswith="table.").exists()
