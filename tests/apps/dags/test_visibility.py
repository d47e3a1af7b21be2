"""Who sees a DAG is chosen, on its page or over HTTP, and audited."""

from __future__ import annotations

import pytest
from django.test import Client

from apps.audit.models import Record
from apps.dags.models import Dag
from apps.orgs.services import create_role
from tests.apps.dags.makers import deploy, manual
from tests.factories import Persona, acting, make_persona, sign_in

pytestmark = pytest.mark.django_db


def patch(persona: Persona, said: object):  # type: ignore[no-untyped-def]
    client = Client(headers={"Authorization": persona.bearer})
    return client.patch("/v1/dags/ranges", {"visibility": said}, content_type="application/json")


def status(persona: Persona) -> int:
    return Client(headers={"Authorization": persona.bearer}).get("/v1/dags/ranges").status_code


@pytest.fixture
def colleague(writer: Persona) -> Persona:
    return make_persona("writer", org=writer.org)


@pytest.fixture(autouse=True)
def dag(writer: Persona) -> Dag:
    return deploy(writer, manual()).dag


def browser(persona: Persona) -> Client:
    signed_in = Client()
    sign_in(signed_in, persona.person)
    return signed_in


def test_a_private_dag_is_its_owners_and_the_admins(writer: Persona, colleague: Persona, admin: Persona) -> None:
    answer = patch(writer, "private")

    assert (answer.status_code, answer.json()) == (200, {"name": "ranges", "visibility": "private"})
    assert [status(one) for one in (writer, admin, colleague)] == [200, 200, 403]
    changed = Record.objects.get(action="visibility.change")
    assert (changed.before, changed.after) == ({"visibility": "org"}, {"visibility": "private"})


def test_it_can_be_a_roles(writer: Persona, reader: Persona) -> None:
    create_role(writer.org, slug="research", name="", by=acting(writer))
    holder = make_persona("reader", org=writer.org, own_roles=("research",))

    assert patch(writer, "role:research").json()["visibility"] == "role:research"
    assert [status(one) for one in (writer, holder, reader)] == [200, 200, 403]


@pytest.mark.parametrize(
    ("said", "code"), [("role:nobody", "unknown_role"), ("role", "bad_visibility"), ("all", "bad_visibility")]
)
def test_what_is_no_visibility_is_refused_and_nothing_changes(writer: Persona, said: str, code: str) -> None:
    answer = patch(writer, said)

    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert Dag.objects.get().visible_as == "org"


def test_who_cannot_see_a_dag_cannot_open_it(writer: Persona, colleague: Persona, stranger: Persona) -> None:
    patch(writer, "private")

    assert [patch(one, "org").status_code for one in (colleague, stranger)] == [403, 404]
    assert Dag.objects.get().visible_as == "private"


def test_the_page_offers_a_choice_to_those_who_may_change_it(writer: Persona, reader: Persona) -> None:
    page = f"/o/{writer.org.slug}/dags/ranges"

    assert 'name="visibility"' in browser(writer).get(page).content.decode()
    seen = browser(reader).get(page).content.decode()
    assert 'name="visibility"' not in seen and f"Everybody in {writer.org.name}." in seen


def test_who_closes_it_to_themself_is_led_to_the_list(writer: Persona, colleague: Persona) -> None:
    form = f"/o/{writer.org.slug}/dags/ranges/visibility"

    back = browser(colleague).post(form, {"visibility": "private"})
    assert back.headers["Location"] == f"/o/{writer.org.slug}/dags"
    back = browser(writer).post(form, {"visibility": "nonsense"}, follow=True)
    assert "is not one of private, org and role" in back.content.decode()
    assert Dag.objects.get().visible_as == "private"
