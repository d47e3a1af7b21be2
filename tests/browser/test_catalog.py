"""The catalog in a browser: found, narrowed down, opened, tab by tab."""

from __future__ import annotations

import pytest
from django.db import transaction
from playwright.sync_api import expect

from apps.audit.domain import Actor
from apps.datasets.domain import Column
from apps.datasets.models import Dataset
from apps.orgs.services import change_visibility
from tests.apps.console.catalog.makers import make_dataset
from tests.apps.dags.makers import activate, deploy, manual
from tests.apps.pii.makers import make_classified
from tests.factories import Persona
from tests.fixtures.browser import Visit

TABS = ("overview", "schema", "lineage", "access", "activity")
looks = pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 1280), ("light", 390)])
COLUMNS = [
    Column("block_number", "uint64", description="The block that holds the swap."),
    Column("price", "float64", nullable=True, description="In dollars, at the end of the block."),
    Column("trader_email", "text"),
]


@pytest.fixture(autouse=True)
def some(writer: Persona) -> None:
    org, owner = writer.org, writer.person
    with transaction.atomic():
        activate(writer, deploy(writer, manual()))
        trades = make_dataset(
            org,
            "trades",
            dag="ranges",
            job="chunks",
            owner=owner,
            columns=COLUMNS,
            tags=["dex", "hot"],
            description="Every swap of every pool.",
        )
        Dataset.objects.filter(pk=trades.pk).update(where={"block_number": "integer"})
        make_dataset(org, "blocks", owner=owner, storage="postgres", write_mode="direct", tags=["hot"], description="Headers.")
        closed = make_dataset(org, "customers", owner=owner)
        change_visibility(closed, visibility="private", by=Actor.system("tests"))
        make_classified(org, "trader_email", dataset="trades")


def fits(page: object, width: int) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth") <= width)  # type: ignore[attr-defined]


@looks
def test_the_list(visit: Visit, reader: Persona, theme: str, width: int) -> None:
    visitor = visit(reader, theme=theme, width=width)
    page = visitor.go(f"/o/{reader.org.slug}/catalog?search=block")

    expect(page.get_by_text("block_number")).to_be_visible()
    assert fits(page, width) and visitor.axe() == []


@looks
@pytest.mark.parametrize("tab", TABS)
def test_every_tab(visit: Visit, writer: Persona, theme: str, width: int, tab: str) -> None:
    visitor = visit(writer, theme=theme, width=width)
    page = visitor.go(f"/o/{writer.org.slug}/catalog/trades?tab={tab}")

    expect(page.get_by_role("navigation", name="trades").locator("[aria-current]")).to_have_text(tab.capitalize())
    assert fits(page, width) and visitor.axe() == []


@looks
def test_one_that_is_not_open(visit: Visit, reader: Persona, theme: str, width: int) -> None:
    visitor = visit(reader, theme=theme, width=width)
    page = visitor.go(f"/o/{reader.org.slug}/catalog/customers")

    expect(page.get_by_text("This dataset is not open to you.")).to_be_visible()
    assert fits(page, width) and visitor.axe() == []


def test_facets_narrow_down_and_back_undoes_it(visit: Visit, reader: Persona) -> None:
    visitor = visit(reader)
    page = visitor.go(f"/o/{reader.org.slug}/catalog")
    rows = page.locator("[data-row]")
    expect(rows).to_have_count(3)

    page.get_by_role("navigation", name="Narrow down").get_by_role("link", name="dex").click()
    expect(rows).to_have_count(1)
    page.go_back()
    expect(rows).to_have_count(3)


def test_a_search_leads_to_a_dataset_and_who_sees_it_is_changed_there(visit: Visit, writer: Persona) -> None:
    visitor = visit(writer)
    page = visitor.go(f"/o/{writer.org.slug}/catalog")
    page.get_by_role("searchbox", name="Search datasets").fill("price")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="trades").click()
    page.get_by_role("link", name="Access", exact=True).click()
    page.get_by_role("combobox", name="Who sees it").select_option("private")
    page.get_by_role("button", name="Change", exact=True).click()

    expect(page.get_by_text("Who sees trades is changed.")).to_be_visible()
    expect(page.get_by_role("combobox", name="Who sees it")).to_have_value("private")
