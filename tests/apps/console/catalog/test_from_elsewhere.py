"""What the platform and other orgs let an org read is in its catalog, marked as theirs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.datasets.domain import PLATFORM_ORG, Column
from apps.datasets.models import Dataset
from apps.orgs import services
from tests.apps.console.catalog.makers import make_dataset
from tests.factories import Persona, acting, make_org, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def blocks() -> Dataset:
    return make_dataset(make_org("Platform", slug=PLATFORM_ORG), "blocks", columns=[Column("hash", "hash")], visibility="org")


def share(dataset: Dataset, with_: Persona, by: Persona) -> None:
    to, ends = {"org": with_.org.slug}, timezone.now() + timedelta(days=7)
    services.grant(dataset, to=to, level="view", purpose="A joint study.", expires_at=ends, by=acting(by), now=timezone.now())


def call(who: Persona, path: str, *, status: int = 200) -> dict[str, Any]:
    answer = Client(headers={"Authorization": who.bearer}).get(f"/v1/datasets{path}")
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


def page(who: Persona, path: str = "", *, status: int = 200) -> str:
    client = Client()
    sign_in(client, who.person)
    answer = client.get(f"/o/{who.org.slug}/catalog{path}")
    assert answer.status_code == status, answer.text
    return answer.text


@pytest.mark.usefixtures("blocks")
def test_what_is_open_at_the_platform_is_everybodys_to_read(reader: Persona) -> None:
    assert "of Platform" in page(reader) and "platform.blocks" in page(reader)
    assert "hash" in page(reader, "/platform.blocks?tab=schema") and "hash" in page(reader, "/blocks?tab=schema")
    assert call(reader, "/blocks")["org"] == PLATFORM_ORG
    assert call(reader, "/blocks/preview")["why_no_rows"]


def test_what_is_not_open_there_is_not_there(reader: Persona, blocks: Dataset) -> None:
    Dataset.objects.filter(pk=blocks.pk).update(visibility="private")

    assert call(reader, "")["results"] == []
    call(reader, "/blocks", status=404)
    page(reader, "/platform.blocks", status=404)


@pytest.mark.usefixtures("blocks")
def test_a_name_is_ones_own_first(writer: Persona) -> None:
    make_dataset(writer.org, "blocks", owner=writer.person)

    assert call(writer, "/blocks")["org"] == writer.org.slug
    assert call(writer, "/platform.blocks")["org"] == PLATFORM_ORG


def test_what_is_shared_with_an_org_is_in_its_catalog_until_that_ends(admin: Persona, stranger: Persona) -> None:
    trades = make_dataset(admin.org, "trades", owner=admin.person, visibility="private")
    call(stranger, f"/{admin.org.slug}.trades", status=404)

    share(trades, stranger, admin)

    assert [one["name"] for one in call(stranger, "?of=shared")["results"]] == ["trades"]
    text = page(stranger, f"/{admin.org.slug}.trades")
    assert "trades" in text and "tab=lineage" not in text and "tab=access" not in text and "Read it in a DAG" not in text
    assert f"of {admin.org.name}" in page(stranger)
    trades.grants.update(revoked_at=timezone.now())
    call(stranger, f"/{admin.org.slug}.trades", status=404)
    assert call(stranger, "")["results"] == []


def test_a_dag_of_another_org_is_not_taken_for_ones_own(admin: Persona, stranger: Persona) -> None:
    trades = make_dataset(admin.org, "trades", dag="nightly", owner=admin.person)
    share(trades, stranger, admin)

    assert "nightly" not in str(call(stranger, f"/{admin.org.slug}.trades")) and "nightly" not in page(stranger)


@pytest.mark.usefixtures("blocks")
def test_of_another_org_nothing_is_changed_and_nothing_asked_for(writer: Persona) -> None:
    client = Client(headers={"Authorization": writer.bearer})

    for path, body in (("invalidations", {"range": {"start": 1, "end": 2}}), ("access-requests", {"reason": "It is mine."})):
        answer = client.post(f"/v1/datasets/platform.blocks/{path}", body, content_type="application/json")
        assert answer.status_code == 404


@pytest.mark.usefixtures("blocks")
def test_a_facet_tells_whose_they_are(writer: Persona) -> None:
    make_dataset(writer.org, "trades", owner=writer.person)

    text = page(writer)

    assert "Your org" in text and "The platform" in text
    assert "trades" not in page(writer, "?of=platform")
