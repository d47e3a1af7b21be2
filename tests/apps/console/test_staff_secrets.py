"""Platform staff keep secrets for an org: its page shows names and ages, and never a value."""

from __future__ import annotations

import pytest
from django.test import Client

from apps.audit.models import Record
from tests.factories import Persona, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("vault")]
VALUE = "value-of-the-platform"


def test_one_is_written_shown_by_name_and_deleted(client: Client, staff: Persona, stranger: Persona) -> None:
    sign_in(client, staff.person)
    page = f"/platform/orgs/{stranger.org.slug}"
    shown = client.post(f"{page}/secrets/write", {"name": "OUR_KEY", "value": VALUE}, follow=True).text
    assert "OUR_KEY" in shown and VALUE not in shown

    gone = client.post(f"{page}/secrets/OUR_KEY/delete", follow=True)
    assert "Delete OUR_KEY?" not in gone.text
    actions = Record.objects.filter(org_id=stranger.org.pk, action__startswith="secret.").order_by("pk")
    assert [one.action for one in actions] == ["secret.set", "secret.create", "secret.unset", "secret.delete"]


def test_what_is_refused_does_not_give_the_value_back(client: Client, staff: Persona, stranger: Persona) -> None:
    sign_in(client, staff.person)
    answer = client.post(f"/platform/orgs/{stranger.org.slug}/secrets/write", {"name": "lower", "value": VALUE})

    assert (answer.status_code, "is not a secret" in answer.text, VALUE in answer.text) == (422, True, False)
