"""A DAG that was never active can be deleted; one that was is switched off."""

from __future__ import annotations

import pytest
from django.test import Client

from apps.audit.models import Record
from apps.dags import services
from apps.dags.models import Dag, Draft
from apps.orgs.domain import Visibility
from tests.apps.dags.makers import activate, deploy, manual
from tests.factories import NOON, Persona, sign_in

pytestmark = pytest.mark.django_db

ADDRESS = "/v1/dags/ranges"


def delete(persona: Persona):  # type: ignore[no-untyped-def]
    return Client(headers={"Authorization": persona.bearer}).delete(ADDRESS)


def test_a_dag_that_was_never_active_goes_with_its_versions_and_says_so_in_the_audit_log(writer: Persona) -> None:
    deploy(writer, manual())
    deploy(writer, manual(chunk=2))

    assert delete(writer).status_code == 204

    assert not Dag.objects.exists()
    entry = Record.objects.get(action="dag.delete")
    assert (entry.object_name, entry.before) == ("ranges", {"versions": 2})
    assert delete(writer).status_code == 404


def test_every_draft_of_it_goes_and_no_other(writer: Persona, admin: Persona) -> None:
    version = deploy(writer, manual())
    for persona, name, base in ((admin, "ranges", None), (writer, "-0123abcd", version.pk), (writer, "-4567abcd", None)):
        services.save_draft(persona.org, persona.person, name, "name: ranges", base=base, now=NOON)

    delete(writer)

    assert [draft.name for draft in Draft.objects.all()] == ["-4567abcd"]


@pytest.mark.parametrize(("is_off", "said"), [(False, "Switch it off instead."), (True, "It is switched off")])
def test_one_that_was_ever_active_stays_and_the_answer_says_what_to_do(writer: Persona, is_off: bool, said: str) -> None:
    dag = activate(writer, deploy(writer, manual()))
    if is_off:
        activate(writer, None, dag=dag)

    answer = delete(writer)

    assert (answer.status_code, answer.json()["code"]) == (409, "dag_in_use") and said in answer.json()["message"]
    assert Dag.objects.exists()


def test_it_takes_the_right_to_change_the_dag(writer: Persona, reader: Persona, stranger: Persona) -> None:
    dag = deploy(writer, manual()).dag
    assert [delete(persona).status_code for persona in (reader, stranger)] == [403, 404]

    dag.visibility, dag.owner = Visibility.PRIVATE, None
    dag.save(update_fields=["visibility", "owner"])
    assert delete(writer).status_code == 403


def test_the_page_deletes_and_leads_to_the_list(writer: Persona) -> None:
    deploy(writer, manual())
    client = Client()
    sign_in(client, writer.person)
    at = f"/o/{writer.org.slug}/dags"
    assert 'data-dialog="delete"' in client.get(f"{at}/ranges").text

    answer = client.post(f"{at}/ranges/delete", follow=True)

    assert answer.redirect_chain == [(at, 302)] and "ranges is deleted." in answer.text


def test_the_page_of_one_that_was_active_offers_no_deletion_and_refuses_it(writer: Persona) -> None:
    activate(writer, deploy(writer, manual()))
    client = Client()
    sign_in(client, writer.person)
    at = f"/o/{writer.org.slug}/dags/ranges"
    assert 'data-dialog="delete"' not in client.get(at).text

    assert "Switch it off instead." in client.post(f"{at}/delete", follow=True).text
