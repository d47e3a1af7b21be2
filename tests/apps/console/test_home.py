"""Home says what needs its reader, and where to begin."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.datasets.models import Dataset
from apps.dispatch import effects
from apps.dispatch.models import Probe, Task
from apps.orgs.domain import Visibility
from apps.orgs.models import Org
from apps.outbox.models import Message
from tests.apps.chains.makers import make_pool, make_provider
from tests.apps.console.catalog.makers import make_batch, make_dataset
from tests.apps.dags.makers import deploy, manual
from tests.apps.dispatch.makers import arm, job_of
from tests.apps.dispatch.test_endless import TEXT as ENDLESS
from tests.apps.pii.makers import make_classified, make_request
from tests.factories import Persona, make_membership, make_org, make_person, sign_in

pytestmark = pytest.mark.django_db


def home(client: Client, persona: Persona) -> str:
    sign_in(client, persona.person)
    response = client.get(f"/o/{persona.org.slug}/")
    assert response.status_code == 200
    return response.text


def test_start_leads_to_the_only_org(client: Client, reader: Persona) -> None:
    sign_in(client, reader.person)

    assert client.get("/").headers["Location"] == f"/o/{reader.org.slug}/"


def test_start_leads_to_the_org_the_person_was_in_last(client: Client, reader: Persona) -> None:
    later = make_org("Zebra research")
    make_membership(later, reader.person)
    sign_in(client, reader.person)
    client.get(f"/o/{later.slug}/")

    assert client.get("/").headers["Location"] == f"/o/{later.slug}/"


def test_start_forgets_an_org_the_person_has_left(client: Client, reader: Persona) -> None:
    left = make_org("Zebra research")
    membership = make_membership(left, reader.person)
    sign_in(client, reader.person)
    client.get(f"/o/{left.slug}/")
    membership.delete()

    assert client.get("/").headers["Location"] == f"/o/{reader.org.slug}/"


def test_somebody_without_an_org_is_told_what_to_do(client: Client) -> None:
    person = make_person()
    sign_in(client, person)
    response = client.get("/")

    assert "You belong to no org yet" in response.text
    assert person.email in response.text


def test_with_nothing_wrong_home_says_that_nothing_needs_you(client: Client, reader: Persona) -> None:
    assert "Nothing needs you" in home(client, reader)


def test_platform_staff_are_told_of_messages_that_failed(client: Client, staff: Persona, dead_letter: Message) -> None:
    assert "1 message failed for good" in home(client, staff)


def test_others_are_not_told_of_what_they_cannot_fix(client: Client, admin: Persona, dead_letter: Message) -> None:
    assert "message failed for good" not in home(client, admin)


def test_a_late_probe_is_told_to_everybody(client: Client, reader: Persona, late_probe: Probe) -> None:
    assert "Background work is late" in home(client, reader)


def test_the_first_step_is_done_once_a_probe_came_back(client: Client, reader: Persona) -> None:
    assert word_of_step(home(client, reader), "See Trace work") == "To do"

    Probe.objects.create(received_at=timezone.now(), worker_id="w-1")
    assert word_of_step(home(client, reader), "See Trace work") == "Done"


def word_of_step(page: str, title: str) -> str:
    (step,) = [li for li in page.split("<li>") if title in li]
    return "Done" if "Done" in step else "To do" if "To do" in step else ""


def test_the_steps_of_parts_that_are_not_there_say_so(client: Client, reader: Persona) -> None:
    page = home(client, reader)

    assert [step in page for step in ("Connect a chain", "Deploy a DAG", "Ask a question", "Be alerted")] == [True] * 4
    assert page.count("Not in this version") == 2


def test_the_step_of_a_first_chain_is_done_once_it_has_a_provider_and_leads_staff_there(
    client: Client, reader: Persona, staff: Persona
) -> None:
    pool = make_pool()
    assert word_of_step(home(client, reader), "Connect a chain") == "To do"

    make_provider(pool)
    assert word_of_step(home(client, reader), "Connect a chain") == "Done"
    assert "/platform/rpc" not in home(client, reader) and "/platform/rpc" in home(client, staff)


@pytest.mark.parametrize(("done", "is_told"), [(900, False), (899, True)])
def test_a_follower_far_behind_its_chain_is_told_of(
    client: Client, writer: Persona, monkeypatch: pytest.MonkeyPatch, done: int, is_told: bool
) -> None:
    # Nobody starts it.
    monkeypatch.setitem(effects._RUNTIMES, "ecs_task", lambda _: None)
    dag = arm(writer, ENDLESS, name="endless")
    Task.objects.filter(job_id=job_of(dag, "clock").pk).update(
        status="running", progress={"done": done, "total": 1000, "note": ""}
    )

    assert ("101 blocks behind its chain" in home(client, writer)) is is_told


def test_rows_that_were_refused_are_told_to_who_sees_their_dataset(client: Client, reader: Persona) -> None:
    make_batch(make_dataset(reader.org, "trades"), state="dead")
    make_batch(make_dataset(reader.org, "quotes"), state="replaced")
    closed = make_dataset(reader.org, "secret")
    make_batch(closed, state="dead")
    Dataset.objects.filter(pk=closed.pk).update(visibility=Visibility.PRIVATE)

    told = home(client, reader)

    assert "Rows for trades were refused" in told and f"/o/{reader.org.slug}/catalog/trades?tab=dead-letters" in told
    assert "Rows for quotes" not in told and "Rows for secret" not in told


def test_a_page_asks_the_database_a_bounded_number_of_times(
    client: Client, staff: Persona, dead_letter: Message, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    sign_in(client, staff.person)
    client.get(f"/o/{staff.org.slug}/")

    # Session, its row, person, memberships, invitations, requests to decide, probe, dead letters, orgs of the frame;
    # DAGs that are theirs to see, failed tasks, refused rows, recent runs, followers, providers.
    with django_assert_max_num_queries(18):
        client.get(f"/o/{staff.org.slug}/")


def test_an_admin_is_told_of_a_request_that_they_may_decide_and_no_other(
    client: Client, admin: Persona, reader: Persona, org: Org
) -> None:
    make_classified(org, "email")
    make_request(reader, now=timezone.now())
    make_request(admin, now=timezone.now())
    told = home(client, admin)

    assert "1 request for personal data" in told and f"/o/{org.slug}/admin/pii" in told
    assert '<span class="count">1<' in client.get(f"/o/{org.slug}/admin").text
    assert "request for personal data" not in home(client, reader)


def test_the_step_of_a_first_dag_is_done_once_there_is_one(client: Client, writer: Persona) -> None:
    assert word_of_step(home(client, writer), "Deploy a DAG") == "To do"
    deploy(writer, manual())

    assert word_of_step(home(client, writer), "Deploy a DAG") == "Done"
