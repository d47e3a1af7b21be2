"""The lineage of a dataset in a browser: drawn, followed by a column, and what made it."""

from __future__ import annotations

import os

import pytest
from playwright.sync_api import Page, expect

from apps.dags.models import DagVersion
from apps.datasets.models import Partition
from apps.platform.ports.objects import ObjectStore
from tests.apps.datasets.conftest import keeping, keys, signing_keys
from tests.apps.datasets.makers import leaves
from tests.apps.lineage.makers import do, make_partitions, pin
from tests.apps.lineage.test_tracing import active, version
from tests.factories import Persona
from tests.fixtures.browser import Visit

__all__ = ["active", "keeping", "keys", "signing_keys", "version"]
looks = pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 1280), ("light", 390)])


def look(page: Page, name: str) -> None:
    """For eyes, where somebody asks for it."""
    if folder := os.environ.get("LOOK"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def fits(page: Page, width: int) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth") <= width)


@looks
def test_a_column_is_followed(visit: Visit, reader: Persona, active: DagVersion, theme: str, width: int) -> None:
    visitor = visit(reader, theme=theme, width=width)
    page = visitor.go(f"/o/{reader.org.slug}/catalog/blocks_hot?tab=lineage&hops=4")
    look(page, f"lineage-{theme}-{width}")

    page.get_by_label("Follow a column").select_option("gas_used")
    page.get_by_role("button", name="Follow").click()

    expect(page.get_by_role("heading", name="What a change of gas_used would affect")).to_be_visible()
    expect(page.locator(".lineage-found")).not_to_have_count(0)
    look(page, f"lineage-column-{theme}-{width}")
    assert fits(page, width) and visitor.axe() == []


@looks
def test_what_made_a_partition_and_what_was_made_of_it(
    visit: Visit, reader: Persona, writer: Persona, data_bucket: ObjectStore, theme: str, width: int
) -> None:
    (claimed,) = leaves(make_partitions(writer, data_bucket), (30, 39))
    pin(claimed, Partition.objects.get(key="10-19"))
    do([claimed], data_bucket)
    visitor = visit(reader, theme=theme, width=width)
    page = visitor.go(f"/o/{reader.org.slug}/catalog/kept_blocks?tab=lineage")
    look(page, f"made-{theme}-{width}")

    page.get_by_label("Partition or block").fill("15")
    page.get_by_role("button", name="Show").click()

    expect(page.get_by_role("table", name="What made kept_blocks").get_by_role("row")).to_have_count(2)
    expect(page.get_by_role("table", name="What was made of kept_blocks").get_by_role("row")).to_have_count(2)
    expect(page.get_by_role("heading", name="What a change of it would affect")).to_be_visible()
    look(page, f"made-of-{theme}-{width}")
    page.evaluate("scrollTo(0, 0)")  # what the head of the page covers by half is no target
    assert fits(page, width) and visitor.axe() == []


def test_a_dataset_that_nobody_makes_says_what_to_do(visit: Visit, reader: Persona, active: DagVersion) -> None:
    from apps.datasets.models import Dataset, Producer

    Producer.objects.filter(dataset__name="authors").delete()
    Dataset.objects.filter(name="authors").update(output=None)
    visitor = visit(reader)
    page = visitor.go(f"/o/{reader.org.slug}/catalog/authors?tab=lineage")
    look(page, "nothing")

    expect(page.get_by_text("Nothing around it yet")).to_be_visible()
    expect(page.get_by_text("Nothing was made yet")).to_be_visible()
    assert visitor.axe() == []
