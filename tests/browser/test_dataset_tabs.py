"""What is committed of a dataset, in a browser: its partitions, its versions, and what is asked before anything of it is done."""

from __future__ import annotations

from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from apps.audit.domain import Actor
from apps.dags.models import Dag
from apps.datasets.models import Dataset, Partition, Version
from apps.orgs.services import change_visibility
from apps.platform.ports.objects import ObjectStore
from tests.apps.datasets.conftest import keeping, keys, signing_keys
from tests.apps.datasets.makers import leaves
from tests.apps.lineage.makers import do, make_partitions, pin
from tests.factories import Persona
from tests.fixtures.browser import Visit

__all__ = ["keeping", "keys", "signing_keys"]
looks = pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 390)])


@pytest.fixture
def dag(writer: Persona, data_bucket: ObjectStore) -> Dag:
    """Three partitions and a gap; one was made twice, and one is made of another."""
    dag = make_partitions(writer, data_bucket)
    do(leaves(dag, (0, 9)), data_bucket)
    (claimed,) = leaves(dag, (50, 59))
    pin(claimed, Partition.objects.get(key="10-19"), read_rows=4)
    do([claimed], data_bucket)
    return dag


@pytest.fixture
def older(dag: Dag) -> Version:
    """What readers got before."""
    found = Version.objects.get(output__dag=dag.name)
    found.pk, found.generation = uuid4(), uuid4()
    found.save(force_insert=True)
    return found


def fits(page: Page, width: int) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth") <= width)


# What stands on each page that only its data can have put there.
TABS = {
    "?tab=preview": "v59",
    "?tab=partitions": "Missing between the first and the last",
    "?tab=partitions&key=0-9": "as often as it was made",
    "?tab=versions": "Compare two",
    "?tab=invalidations": "All of it holds",
    "/backfilling?part=gaps": "Backfill (",
    "/backfilling?start=0&end=9": "What is made",
    "/invalidating?start=0&end=9": "No active job reads it",
    "/purging?superseded=1&days=0": "What goes",
}


@looks
def test_what_is_committed_and_what_can_be_done_with_it(
    visit: Visit, admin: Persona, older: Version, theme: str, width: int
) -> None:
    visitor = visit(admin, theme=theme, width=width)
    current = Version.objects.exclude(pk=older.pk).get(output=older.output_id)
    compared = {f"/compare?before={older.pk}&after={current.pk}": "only after"}
    for path, words in {**TABS, **compared}.items():
        page = visitor.go(f"/o/{admin.org.slug}/catalog/kept_blocks{path}")

        expect(page.get_by_text(words).first).to_be_visible()
        assert fits(page, width), path
        assert visitor.axe() == [], path


@looks
def test_a_task_shows_what_it_read_and_made(visit: Visit, reader: Persona, dag: Dag, theme: str, width: int) -> None:
    visitor = visit(reader, theme=theme, width=width)
    piece = Partition.objects.get(key="50-59")
    page = visitor.go(f"/o/{reader.org.slug}/runs/{piece.task_id}")

    expect(page.get_by_role("table", name="What the task made").get_by_role("link", name="50-59")).to_be_visible()
    page.get_by_text("Its partition", exact=True).click()
    expect(page.get_by_role("link", name="10-19")).to_be_visible()
    assert fits(page, width) and visitor.axe() == []

    page = visitor.go(f"/o/{reader.org.slug}/runs/{piece.task_id}/reads")
    expect(page.get_by_role("heading", name="1 partition")).to_be_visible()
    assert fits(page, width) and visitor.axe() == []


def test_access_is_asked_for_and_granted(visit: Visit, reader: Persona, admin: Persona, dag: Dag) -> None:
    change_visibility(Dataset.objects.get(name="kept_blocks"), visibility="private", by=Actor.system("tests"))
    address = f"/o/{reader.org.slug}/catalog/kept_blocks"
    asking = visit(reader)
    page = asking.go(address)
    page.get_by_label("What do you need it for?").fill("For the monthly report.")
    page.get_by_role("button", name="Request access").click()
    expect(page.get_by_text("Waits for a decision")).to_be_visible()
    assert asking.axe() == []

    deciding = visit(admin)
    page = deciding.go(f"{address}?tab=access")
    assert deciding.axe() == []
    page.get_by_role("button", name="Grant", exact=True).click()
    expect(page.get_by_text("Granted to view: For the monthly report.")).to_be_visible()

    expect(asking.go(address).get_by_text("What it is")).to_be_visible()
