"""Who may not read a dataset asks, and who may grant it decides."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.audit.models import Record
from apps.console.selectors import _MOST_ASKED
from apps.datasets.models import AccessRequest, Dataset, DatasetGrant
from tests.apps.console.catalog.makers import make_dataset
from tests.factories import Persona, make_persona, sign_in

pytestmark = pytest.mark.django_db
WHY = "To count the swaps of a week."


@pytest.fixture
def trades(writer: Persona) -> Dataset:
    return make_dataset(writer.org, "trades", owner=writer.person, visibility="private")


def call(who: Persona, path: str = "", body: object = None, *, status: int) -> dict[str, Any]:
    client = Client(headers={"Authorization": who.bearer})
    address = f"/v1/datasets/trades/access-requests{path}"
    answer = client.get(address) if body is None else client.post(address, body, content_type="application/json")
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


def ask(who: Persona) -> str:
    return str(call(who, body={"reason": WHY}, status=201)["id"])


def page(who: Persona, path: str) -> str:
    client = Client()
    sign_in(client, who.person)
    return client.get(f"/o/{who.org.slug}/{path}").text


def post(who: Persona, path: str, **form: str) -> str:
    client = Client()
    sign_in(client, who.person)
    return client.post(f"/o/{who.org.slug}/catalog/trades/access/{path}", form, follow=True).text


@pytest.mark.usefixtures("trades")
def test_a_request_reaches_those_who_may_grant_and_nobody_else(reader: Persona, admin: Persona, writer: Persona) -> None:
    assert "with those who may grant it" in post(reader, "ask", reason=WHY)

    assert f"{reader.person.email} asks for trades" in page(admin, "")
    assert WHY in page(admin, "catalog/trades?tab=access")
    assert "asks for trades" not in page(writer, "") and WHY not in page(writer, "catalog/trades?tab=access")
    assert "Waits for a decision" in page(reader, "catalog/trades")
    assert Record.objects.get(action="dataset.access_ask").after == {"person": reader.person.email, "reason": WHY}


@pytest.mark.usefixtures("trades")
def test_what_is_granted_opens_it_until_its_end(reader: Persona, admin: Persona) -> None:
    asked = ask(reader)

    assert "may read it" in post(admin, f"{asked}/grant", days="7")

    assert "Last change" in page(reader, "catalog/trades")
    grant = DatasetGrant.objects.get()
    assert grant.purpose == WHY and grant.expires_at is not None and 6 <= (grant.expires_at - timezone.now()).days <= 7
    assert "asks for trades" not in page(admin, "")
    assert Record.objects.filter(action__in=["dataset.access_grant", "grant.create"]).count() == 2


@pytest.mark.usefixtures("trades")
@pytest.mark.parametrize("form", [{}, {"days": "14"}, {"days": "x"}])
def test_how_long_it_lasts_is_one_of_those_that_are_offered(reader: Persona, admin: Persona, form: dict[str, str]) -> None:
    asked = ask(reader)

    assert "Choose how long" in post(admin, f"{asked}/grant", **form)
    assert not DatasetGrant.objects.exists()


@pytest.mark.usefixtures("trades")
def test_a_refusal_says_why_and_one_may_ask_again(reader: Persona, admin: Persona) -> None:
    asked = ask(reader)
    assert call(admin, f"/{asked}/refuse", {"note": " "}, status=400)["code"] == "bad_input"
    call(admin, f"/{asked}/refuse", {"note": "It is for the tax team."}, status=200)

    assert "It is for the tax team." in page(reader, "catalog/trades")
    assert ask(reader) != asked


@pytest.mark.usefixtures("trades")
def test_one_asks_once_at_a_time(reader: Persona) -> None:
    asked = ask(reader)
    assert call(reader, body={"reason": WHY}, status=409)["code"] == "access_asked"

    call(reader, f"/{asked}/withdraw", {}, status=200)
    ask(reader)

    assert sorted(AccessRequest.objects.values_list("state", flat=True)) == ["waiting", "withdrawn"]


@pytest.mark.usefixtures("trades")
def test_what_is_decided_stays_decided(reader: Persona, admin: Persona) -> None:
    asked = ask(reader)
    call(admin, f"/{asked}/grant", {}, status=200)

    assert call(admin, f"/{asked}/refuse", {"note": "No more."}, status=409)["code"] == "access_request_closed"
    assert call(reader, f"/{asked}/withdraw", {}, status=409)["code"] == "access_request_closed"


@pytest.mark.usefixtures("trades")
def test_what_is_open_needs_no_request(writer: Persona) -> None:
    assert call(writer, body={"reason": WHY}, status=409)["code"] == "access_open"


@pytest.mark.usefixtures("trades")
def test_somebody_elses_request_is_not_there(reader: Persona, stranger: Persona) -> None:
    asked = ask(reader)
    other = make_persona("reader", org=reader.org)

    assert call(other, status=200)["results"] == []
    assert call(other, f"/{asked}/withdraw", {}, status=404)["code"] == "unknown_access_request"
    assert call(other, f"/{asked}/grant", {}, status=403)["code"] == "forbidden"
    call(stranger, status=404)


@pytest.mark.usefixtures("trades")
def test_of_one_that_is_for_nothing_nothing_is_kept(reader: Persona) -> None:
    assert call(reader, body={"reason": "x"}, status=422)["code"] == "purpose_needed"
    assert not AccessRequest.objects.exists()


@pytest.mark.usefixtures("trades")
def test_more_than_home_shows_are_in_the_catalog(admin: Persona, writer: Persona) -> None:
    make_dataset(admin.org, "unasked")
    for _ in range(_MOST_ASKED + 1):
        ask(make_persona("reader", org=admin.org))

    home = page(admin, "")
    assert "More people ask for datasets" in home and f"/o/{admin.org.slug}/catalog?requests=yes" in home
    listed = page(admin, "catalog?requests=yes")
    assert "trades" in listed and "unasked" not in listed and "Somebody asks to read it" in listed
    assert "Somebody asks to read it" not in page(writer, "catalog")
