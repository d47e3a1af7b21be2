"""Whether the pages of the catalogue are as quick with 100,000 datasets and a million partitions as with a hundredth of them.

Two stacks, asked in turn, so that both meet the same moments of the machine. As a reader, who may not see all of them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

import httpx
import psycopg

from tests.bench.bench_pages import browser_of, milliseconds, sign_in
from tests.bench.bench_tasks import superuser
from tests.bench.catalog_seed import COMMON, MISSING, RARE, Size, seed
from tests.bench.percentiles import p50
from tests.bench.report import Report
from tests.bench.stage import Stage, running_stack, temporary_directory

LARGE, SMALL = Size(100_000, 100_000), Size(1_000, 1_000)
WARM_UP, REQUESTS = 3, 15
_ORG = "SELECT m.org_id FROM orgs_membership AS m JOIN accounts_person AS p ON p.id = m.person_id JOIN orgs_org AS o ON o.id = m.org_id WHERE p.email = %s AND o.slug = 'demo'"


@dataclass(frozen=True)
class Asker:
    """Somebody who is signed in to a stack, and its pages by what is measured of them."""

    browser: httpx.Client
    pages: dict[str, str]

    def ask(self) -> dict[str, float]:
        return {name: milliseconds(self.browser, path) for name, path in self.pages.items()}


def run(report: Report, stage: Stage) -> None:
    with _asker(LARGE) as large, _asker(SMALL) as small:
        rounds = [(large.ask(), small.ask()) for _ in range(WARM_UP + REQUESTS)][WARM_UP:]
    beside = f"{SMALL.datasets:,} datasets and {SMALL.partitions:,} partitions, in turn"
    for name in large.pages:
        full, little = (p50([one[name] for one in told]) for told in zip(*rounds, strict=True))
        report.add(f"catalog.{name}.p50", full, "ms", baseline=(beside, little), aim=("<", 300))
        report.add(f"catalog.{name}.ratio", full / little, "×", aim=("≤", 1.5))


@contextmanager
def _asker(size: Size) -> Iterator[Asker]:
    with temporary_directory() as folder, running_stack(folder) as stack:
        person = stack.facts["demo"]["people"]["reader"]
        began = time.monotonic()
        with psycopg.connect(superuser(stack, database="trace_state"), autocommit=True) as state:
            seed(state, _org_of(state, person["email"]), size)
        print(
            f"seeded {size.datasets:,} datasets and {size.partitions:,} partitions in {time.monotonic() - began:.0f} s",
            flush=True,
        )
        with browser_of(stack) as browser:
            home = sign_in(browser, person["email"], person["password"])
            yield Asker(browser, _pages(home, size))


def _org_of(state: psycopg.Connection, email: str) -> UUID:
    (found,) = state.execute(_ORG, [email]).fetchall()
    return UUID(str(found[0]))


def _pages(home: str, size: Size) -> dict[str, str]:
    catalog = f"{home.rstrip('/')}/catalog"
    one = f"{catalog}/{size.big_name}"
    return {
        "first_page": catalog, "search_hit": f"{catalog}?search={RARE}", "search_miss": f"{catalog}?search={MISSING}",
        "search_common": f"{catalog}?search={COMMON}", "facet_tag": f"{catalog}?tag=tag_3", "facet_dag": f"{catalog}?dag=dag_002",
        "facet_pii": f"{catalog}?pii=yes", "facet_late": f"{catalog}?late=yes", "overview": one, "partitions": f"{one}?tab=partitions",
        "versions": f"{one}?tab=versions", "lineage": f"{one}?tab=lineage",
        "lineage_far": f"{one}?tab=lineage&effects=1",
    }  # fmt: skip
