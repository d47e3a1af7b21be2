"""A table of Django's admin that was opened to changes: each of them is in our log, or it does not happen."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.http import HttpRequest
from django.test import Client
from django.urls import path

from apps.audit.models import Record
from apps.console.tables.site import Tables
from apps.console.tables.table import Table
from apps.orgs.models import Org
from tests.factories import Persona, sign_in
from tests.grantable.models import Paper
from traceweb.urls import public

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


class Opened(Table):
    """What somebody might write one day. A title of `untold` is one that the log fails to take."""

    def get_urls(self) -> Any:
        return super(Table, self).get_urls()

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("title", "org")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.admin_site.has_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.admin_site.has_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.admin_site.has_permission(request)

    def _tell(self, action: str, request: HttpRequest, obj: Any, message: object) -> None:
        if obj.title == "untold":
            raise OSError("the log is full")
        super()._tell(action, request, obj, message)


site = Tables()
site.register(Paper, Opened)
urlpatterns = [path("platform/django/", site.urls), *public.urlpatterns]
PAPERS = "/platform/django/grantable/paper/"


@pytest.fixture
def paper(org: Org) -> Paper:
    return Paper.objects.create(org=org, title="Mempool")


@pytest.fixture
def at_work(client: Client, staff: Persona) -> Client:
    sign_in(client, staff.person)
    return client


def told(staff: Persona) -> list[tuple[str, str]]:
    records = Record.objects.filter(actor_id=staff.person.pk, object_kind="grantable.paper").order_by("pk")
    return [(record.action, record.object_name) for record in records]


def test_what_is_added_changed_and_deleted_is_in_our_log(at_work: Client, staff: Persona, org: Org, paper: Paper) -> None:
    at_work.post(f"{PAPERS}add/", {"title": "Added", "org": str(org.pk)})
    at_work.post(f"{PAPERS}{paper.pk}/change/", {"title": "Changed", "org": str(org.pk)})
    at_work.post(f"{PAPERS}{paper.pk}/delete/", {"post": "yes"})

    assert [one.title for one in Paper.objects.all()] == ["Added"]
    assert told(staff) == [("table.add", "Added"), ("table.change", "Changed"), ("table.delete", "Changed")]
    assert not LogEntry.objects.exists()


def test_the_log_says_what_was_changed(at_work: Client, org: Org, paper: Paper) -> None:
    at_work.post(f"{PAPERS}{paper.pk}/change/", {"title": "Changed", "org": str(org.pk)})

    assert Record.objects.get(action="table.change").after == {"said": [{"changed": {"fields": ["Title"]}}]}


def test_a_change_that_cannot_be_told_does_not_happen(at_work: Client, org: Org, paper: Paper) -> None:
    with pytest.raises(OSError, match="the log is full"):
        at_work.post(f"{PAPERS}{paper.pk}/change/", {"title": "untold", "org": str(org.pk)})

    assert Paper.objects.get().title == "Mempool"


def test_whoever_is_not_staff_changes_nothing_there_either(client: Client, admin: Persona, org: Org, paper: Paper) -> None:
    sign_in(client, admin.person)

    assert client.post(f"{PAPERS}{paper.pk}/change/", {"title": "Changed", "org": str(org.pk)}).status_code == 403
    assert Paper.objects.get().title == "Mempool"
