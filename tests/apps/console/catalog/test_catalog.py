"""The catalog: what a search finds, what each facet counts, and what those find who may not see all."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.console.catalog.asked import Asked
from apps.console.catalog.rows import rows_of
from apps.console.catalog.searching import Finding
from apps.datasets.domain import Column
from apps.datasets.models import Dataset, Producer
from apps.orgs.domain import Visibility
from tests.apps.console.catalog.makers import make_dataset
from tests.apps.dags.makers import HOURLY, activate, deploy, manual
from tests.apps.pii.makers import make_classified
from tests.factories import NOON, Persona, principal, sign_in

pytestmark = pytest.mark.django_db
# Whatever an org has: of the session and its person, of rights, of the list, of five facets, of the lines of a page.
MOST_QUERIES = 24


def found(persona: Persona, **asked: str) -> list[str]:
    finding = Finding(persona.org, principal(persona), Asked(**asked), now=NOON)
    return [one.name for one in finding[:]]


def counts(persona: Persona, key: str, **asked: str) -> dict[str, int]:
    finding = Finding(persona.org, principal(persona), Asked(**asked), now=NOON)
    return {one.value: one.count for facet in finding.facets() if facet.key == key for one in facet.values}


def page(persona: Persona, query: str = "", *, status: int = 200) -> str:
    client = Client()
    sign_in(client, persona.person)
    answer = client.get(f"/o/{persona.org.slug}/catalog{query}")
    assert answer.status_code == status, answer.text
    return answer.text


@pytest.fixture
def three(writer: Persona) -> None:
    org, owner = writer.org, writer.person
    make_dataset(org, "trades", owner=owner, description="Every swap", tags=["dex", "hot"], columns=[Column("price", "float64")])
    make_dataset(org, "blocks", owner=owner, storage="postgres", tags=["hot"], columns=[Column("block_hash", "hash")])
    make_dataset(org, "customers", owner=owner, visibility="private", description="Whom we bill")
    make_classified(org, "email", dataset="customers")


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize(
    ("search", "names"),
    [("TRAD", ["trades"]), ("swap", ["trades"]), ("hash", ["blocks"]), ("", ["blocks", "customers", "trades"]), ("float", [])],
    ids=["name", "description", "column", "everything", "no-type"],
)
def test_a_search_looks_at_names_descriptions_and_columns(writer: Persona, search: str, names: list[str]) -> None:
    assert found(writer, search=search) == names


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize("search", ["%", "_%_", "\\"])
def test_a_search_has_no_wildcards(writer: Persona, search: str) -> None:
    assert found(writer, search=search) == []


@pytest.mark.usefixtures("three")
def test_what_the_search_finds_in_columns_is_shown(writer: Persona) -> None:
    text = page(writer, "?search=hash")

    assert "<code>block_hash</code>" in text and "trades" not in text


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({"storage": "postgres"}, ["blocks"]), ({"tag": "dex"}, ["trades"]), ({"pii": "yes"}, ["customers"]),
        ({"pii": "no", "tag": "hot"}, ["blocks", "trades"]), ({"visibility": "private"}, ["customers"]),
        ({"tag": "dex", "storage": "postgres"}, []),
    ],
    ids=str,
)  # fmt: skip
def test_every_filter_has_to_hold(writer: Persona, asked: dict[str, str], names: list[str]) -> None:
    assert found(writer, **asked) == names


@pytest.mark.usefixtures("three")
def test_a_facet_counts_what_the_other_filters_leave(writer: Persona) -> None:
    assert counts(writer, "tag") == {"hot": 2, "dex": 1}
    assert counts(writer, "pii") == {"yes": 1, "no": 2}
    assert counts(writer, "tag", storage="postgres") == {"hot": 1}
    assert counts(writer, "storage", storage="postgres") == {"s3": 2, "postgres": 1}


@pytest.mark.usefixtures("three")
def test_a_chosen_value_that_leaves_nothing_is_there_to_be_left_out(writer: Persona) -> None:
    assert counts(writer, "tag", tag="gone") == {"hot": 2, "dex": 1, "gone": 0}


@pytest.mark.usefixtures("three")
def test_what_is_not_open_is_found_by_its_name_alone(reader: Persona, writer: Persona) -> None:
    assert found(reader, search="custom") == ["customers"]
    assert found(reader, search="bill") == found(reader, pii="yes") == found(reader, visibility="private") == []
    assert counts(reader, "pii") == {"no": 2}

    text = page(reader)

    assert "customers" in text and writer.person.email in text and "Not open to you" in text
    assert "Whom we bill" not in text and "customers_dag" not in text


@pytest.mark.usefixtures("three")
def test_another_orgs_are_not_found(stranger: Persona) -> None:
    assert found(stranger) == [] and "No datasets yet" in page(stranger)


def test_a_dag_is_told_to_those_who_see_it(writer: Persona, reader: Persona) -> None:
    dag = activate(writer, deploy(writer, manual(extra=HOURLY)))
    make_dataset(writer.org, "ticks", dag="ranges", job="tick", owner=writer.person)
    assert counts(reader, "dag") == {"ranges": 1} and found(reader, dag="ranges") == ["ticks"]

    dag.visibility = Visibility.PRIVATE
    dag.save(update_fields=["visibility"])

    assert counts(reader, "dag") == {} and found(reader, dag="ranges") == []
    assert "a DAG that you do not see" in page(reader) and "ranges" not in page(reader)
    assert counts(writer, "dag") == {"ranges": 1}


def test_an_empty_catalog_teaches_the_next_step(reader: Persona, writer: Persona) -> None:
    assert "No datasets yet" in page(reader) and "To the DAGs" in page(reader)
    assert "Write a DAG" in page(writer)


@pytest.mark.usefixtures("three")
def test_what_no_filter_takes_is_said(writer: Persona) -> None:
    assert "`storage` is one of" in page(writer, "?storage=tape", status=422)


@pytest.mark.usefixtures("three")
def test_a_nul_is_no_letter(writer: Persona) -> None:
    assert "trades" in page(writer, "?search=trades%00")


def test_ten_thousand_datasets_cost_no_more_queries_than_one(writer: Persona, reader: Persona) -> None:
    org = writer.org
    made = Dataset.objects.bulk_create(
        Dataset(
            org=org, name=f"many_{number}", owner=writer.person, storage="s3", tags=[f"t{number % 40}"],
            visibility="private" if number % 10 == 0 else "org", column_names="block\nhash", columns=[],
        )
        for number in range(10_000)
    )  # fmt: skip
    Producer.objects.bulk_create(
        Producer(dataset=one, dag=f"dag_{at % 500}", job="make", since=NOON) for at, one in enumerate(made)
    )
    client = Client()
    sign_in(client, reader.person)
    address = f"/o/{org.slug}/catalog?search=block"

    with CaptureQueriesContext(
        connection,
    ) as queries:
        answer = client.get(address)

    assert "The first 1,000 datasets that match" in answer.text and "Page 1 of 25" in answer.text
    assert len(queries) <= MOST_QUERIES, [one["sql"][:120] for one in queries]


@pytest.mark.usefixtures("three")
def test_lines_are_told_in_one_query_each(writer: Persona) -> None:
    finding = Finding(writer.org, principal(writer), Asked(), now=NOON)
    dags, listed = finding.dags, finding.whole(finding[:])

    with CaptureQueriesContext(connection) as queries:
        rows = rows_of(writer.org, listed, dags, now=NOON)

    assert len(rows) == 3 and len(queries) <= 7


def test_an_owner_is_a_facet_and_a_filter(writer: Persona, reader: Persona) -> None:
    make_dataset(writer.org, "theirs", owner=reader.person)
    make_dataset(writer.org, "nobodys", owner=None)

    assert counts(writer, "owner")[reader.person.email] == 1
    assert "" not in counts(writer, "owner")
    assert found(writer, owner=reader.person.email) == ["theirs"]


def test_who_owns_what_is_closed_is_not_found_by_it(writer: Persona, reader: Persona) -> None:
    make_dataset(writer.org, "closed", owner=writer.person, visibility="private")

    assert "closed" not in found(reader, owner=writer.person.email)
