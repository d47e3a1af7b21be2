"""What is committed, as the page of a dataset shows it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import unescape
from itertools import pairwise
from uuid import uuid4

import pytest
from django.test import Client

from apps.console.catalog.pieces import PAGE_SIZE, SPANS, pieces_of
from apps.datasets.domain import OutputVersion, Storage
from apps.datasets.models import Dataset, Output, Partition
from apps.datasets.services import point
from tests.factories import NOON, Persona, sign_in

pytestmark = pytest.mark.django_db


def made(writer: Persona, ranges: Sequence[tuple[int, int]]) -> Dataset:
    one = OutputVersion(uuid4(), uuid4(), "ranges", "blocks", 0, Storage.S3, uuid4(), "0" * 64)
    point(writer.org, uuid4(), uuid4(), [one], now=NOON)
    Partition.objects.bulk_create(
        Partition(
            version_id=one.version_id, key=f"{low}-{high}", range_start=low, range_end=high, number=1, task_id=uuid4(), attempt=1,
            prefix="a/", files=[], rows=high - low + 1, size_bytes=1, manifest_sha256="0" * 64, committed_at=NOON,
        )
        for low, high in ranges
    )  # fmt: skip
    return Dataset.objects.create(org=writer.org, name="blocks", storage=Storage.S3, output=Output.objects.get(pk=one.output_id))


def covered(ranges: Sequence[tuple[int, int]], first: int, last: int) -> int:
    return sum(max(0, min(last, high) - max(first, low) + 1) for low, high in ranges)


@pytest.mark.parametrize(
    "ranges",
    [
        [(0, 999)],
        [(0, 99), (200, 299)],
        [(0, 0), (5, 5)],
        [(n * 7, n * 7 + 6) for n in range(500) if n % 13],
        [(0, 10), (2**63 - 100, 2**63 - 1)],
    ],
)  # fmt: skip
def test_the_map_counts_each_block_once(writer: Persona, ranges: list[tuple[int, int]]) -> None:
    pieces = pieces_of(made(writer, ranges), page=None, of="")

    assert pieces is not None and len(pieces.spans) <= SPANS
    assert (pieces.spans[0].first, pieces.spans[-1].last) == (ranges[0][0], ranges[-1][1])
    assert [span.covered for span in pieces.spans] == [covered(ranges, span.first, span.last) for span in pieces.spans]


def test_gaps_are_what_lies_between(writer: Persona) -> None:
    pieces = pieces_of(made(writer, [(0, 99), (200, 299), (300, 399), (401, 500)]), page=None, of="")

    assert pieces is not None
    assert list(pieces.gaps) == [(100, 199), (400, 400)]


@pytest.mark.parametrize("gone", [{119}, {120}, {0, 60, 61, 62, 238}, set(range(40, 80)), set(range(0, 240, 12))])
def test_gaps_are_found_wherever_the_spans_of_the_map_end(writer: Persona, gone: set[int]) -> None:
    kept = [number for number in range(-1, 241) if number not in gone]
    ranges = [((number + 1) * 10, (number + 1) * 10 + 9) for number in kept]

    pieces = pieces_of(made(writer, ranges), page=None, of="")

    between = [(high + 1, low - 1) for (_, high), (low, _) in pairwise(ranges) if low > high + 1]
    assert pieces is not None and list(pieces.gaps) == between


def test_the_page_shows_them(writer: Persona) -> None:
    made(writer, [(0, 99), (200, 299)])
    client = Client()
    sign_in(client, writer.person)

    page = client.get(f"/o/{writer.org.slug}/catalog/blocks?tab=partitions").content.decode()

    assert "100-199" in page and "200-299" in page
    assert client.get(f"/o/{writer.org.slug}/catalog/blocks?tab=versions").status_code == 200


def test_pages_of_what_one_partition_was_stay_with_it(writer: Persona) -> None:
    dataset = made(writer, [(0, 99), (100, 199)])
    (first, *_) = Partition.objects.order_by("range_start")
    for number in range(2, PAGE_SIZE + 3):
        first.pk, first.number, first.superseded_at = uuid4(), number, NOON
        first._state.adding = True
        first.save()
    client = Client()
    sign_in(client, writer.person)

    text = client.get(f"/o/{writer.org.slug}/catalog/{dataset.name}", {"tab": "partitions", "key": "0-99"}).text

    (address,) = re.findall(r'href="(\?[^"]*page=2)"', text)
    text = client.get(f"/o/{writer.org.slug}/catalog/{dataset.name}{unescape(address)}").text
    assert "0-99, as often as it was made" in text and "100-199</a></th>" not in text
