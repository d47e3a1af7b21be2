"""The page of one dataset, and what those meet who may not see it."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.apps import apps
from django.test import Client
from django.utils import timezone

from apps.audit.models import Record
from apps.console.catalog.lineage import lineage_of
from apps.console.catalog.telling import snippet_of
from apps.dags.models import Dag
from apps.datasets.domain import Column
from apps.datasets.models import Dataset, Producer
from apps.orgs.domain import Visibility
from apps.orgs.services import change_visibility, grant
from operators.sdk.catalogue import catalogue
from tests.apps.chains.makers import make_usual_pools
from tests.apps.console.catalog.makers import make_dataset
from tests.apps.dags.makers import HOURLY, activate, deploy, manual
from tests.apps.dispatch.conftest import keys, signing_keys
from tests.apps.pii.makers import make_classified
from tests.apps.runs.makers import armed, completed
from tests.factories import Persona, acting, make_org, make_persona, sign_in

pytestmark = pytest.mark.django_db
__all__ = ["keys", "signing_keys"]
READS = """name: reader
jobs:
  - name: collect
    activation: reactive
    runtime: ecs_platform
    operator: range_aggregator
    outputs: 1
    inputs: [{ from: { dataset: blocks } }]
    execution_strategy: PerUpdate
    update_strategy: replace
    config: { range_size: 1000 }
"""


@pytest.fixture
def pools() -> None:
    make_usual_pools()


@pytest.fixture
def trades(writer: Persona) -> Dataset:
    columns = [Column("price", "float64", description="In dollars"), Column("email", "text", nullable=True)]
    return make_dataset(writer.org, "trades", owner=writer.person, columns=columns, description="Every swap")


@pytest.fixture
def blocks(writer: Persona, pools: None) -> Dataset:
    """Of `ranges`, read by a job of `reader`."""
    activate(writer, deploy(writer, manual(publish="blocks")))
    activate(writer, deploy(writer, READS, name="reader"))
    return Dataset.objects.get(name="blocks")


def browser(persona: Persona) -> Client:
    client = Client()
    sign_in(client, persona.person)
    return client


def page(persona: Persona, name: str = "trades", tab: str = "overview", *, status: int = 200) -> str:
    answer = browser(persona).get(f"/o/{persona.org.slug}/catalog/{name}?tab={tab}")
    assert answer.status_code == status, answer.text
    return answer.text


def close(dataset: Dataset, by: Persona) -> None:
    change_visibility(dataset, visibility="private", by=acting(by))


@pytest.mark.usefixtures("trades")
def test_the_overview_says_how_a_dag_names_it(reader: Persona) -> None:
    text = page(reader)

    assert "Every swap" in text and "from: { dataset: trades }" in text


def test_the_snippet_names_what_may_be_filtered_by(reader: Persona, blocks: Dataset) -> None:
    assert blocks.where
    text = page(reader, "blocks")
    assert all(f"#   {name}: " in text for name in blocks.where)


def test_the_snippet_is_an_input_that_the_validator_takes(writer: Persona, blocks: Dataset) -> None:
    indented = "\n".join(f"    {line}" for line in snippet_of(blocks).split("\n"))
    text = READS.replace("    inputs: [{ from: { dataset: blocks } }]", indented).replace("name: reader", "name: other")

    assert deploy(writer, text, name="other").number == 1


def test_the_schema_has_types_descriptions_and_marks(reader: Persona, trades: Dataset) -> None:
    make_classified(trades.org, "email", "phone", dataset="trades")

    text = page(reader, tab="schema")

    assert "In dollars" in text and "float64" in text and text.count("tag-pii") == 2
    # Classified, and mentioned by no DAG.
    assert "phone" in text and "not declared" in text


def test_columns_are_those_that_the_operator_declares(reader: Persona, blocks: Dataset) -> None:
    declared = catalogue().operators["cryo_ingest"].output(0)
    assert declared
    assert [one.name for one in blocks.schema] == [one.name for one in declared.columns]


@pytest.mark.usefixtures("pools")
def test_what_a_dag_says_of_a_column_comes_before_what_its_operator_says(writer: Persona) -> None:
    said = "{ from: { job: blocks }, tags: [hot, eth, hot], column_descriptions: { whatever: Of our own } }"
    activate(writer, deploy(writer, manual(publish="blocks").replace("{ from: { job: blocks } }", said)))

    dataset = Dataset.objects.get()

    assert dataset.tags == ["eth", "hot"]
    assert dataset.schema[-1] == Column("whatever", description="Of our own") and "whatever" in dataset.column_names


def test_lineage_goes_one_hop_each_way(reader: Persona, blocks: Dataset) -> None:
    lineage = lineage_of(blocks.org, blocks, Dag.objects.all())

    assert [(one.dag, one.job, one.jobs) for one in lineage.sources] == [("ranges", "blocks", ["chunks"])]
    assert [(one.dag, one.job, one.by_name) for one in lineage.readers] == [("reader", "collect", True)]
    text = page(reader, "blocks", "lineage")
    assert "/ collect" in text and "/ blocks" in text


def test_a_job_of_the_same_dag_reads_it_by_its_job(reader: Persona, writer: Persona) -> None:
    activate(writer, deploy(writer, manual()))
    starts = make_dataset(writer.org, "starts", dag="ranges", job="start", owner=writer.person)

    (only,) = lineage_of(starts.org, starts, Dag.objects.all()).readers

    assert (only.dag, only.job, only.by_name) == ("ranges", "chunks", False)


def test_a_platforms_dataset_is_named_and_leads_nowhere(reader: Persona, writer: Persona) -> None:
    platform = make_org("Platform", slug="platform")
    make_dataset(platform, "blocks", visibility="org")
    activate(writer, deploy(writer, READS, name="reader"))
    make_dataset(writer.org, "ranged", dag="reader", job="collect", owner=writer.person)

    text = page(reader, "ranged", "lineage")

    assert "of the platform" in text and f"/o/{writer.org.slug}/catalog/blocks" not in text


def test_what_is_not_active_reads_nothing(writer: Persona, blocks: Dataset) -> None:
    activate(writer, None, dag=Dag.objects.get(name="reader"))

    assert lineage_of(blocks.org, blocks, Dag.objects.all()).readers == []


def test_jobs_of_dags_that_one_does_not_see_are_counted_only(reader: Persona, blocks: Dataset) -> None:
    Dag.objects.filter(name="reader").update(visibility=Visibility.PRIVATE)

    text = page(reader, "blocks", "lineage")

    assert "1 job of DAGs that you do not see" in text and "collect" not in text and "reader /" not in text


@pytest.mark.usefixtures("keys")
def test_the_last_change_is_that_of_the_output(writer: Persona, reader: Persona) -> None:
    dag = armed(writer)
    make_dataset(writer.org, "chunked", dag=dag.name, job="chunks", owner=writer.person)
    told = Client(headers={"Authorization": reader.bearer})
    assert told.get("/v1/datasets/chunked").json()["freshness"]["last_changed_at"] is None

    completed(dag)

    assert told.get("/v1/datasets/chunked").json()["freshness"]["last_changed_at"] is not None
    Producer.objects.update(output=1)
    assert told.get("/v1/datasets/chunked").json()["freshness"]["last_changed_at"] is None


def test_without_the_right_there_is_a_name_an_owner_and_how_to_ask(
    reader: Persona, writer: Persona, admin: Persona, trades: Dataset
) -> None:
    close(trades, writer)

    for tab in ("overview", "schema", "lineage", "access", "activity"):
        text = page(reader, tab=tab)
        assert "not open to you" in text and writer.person.email in text and admin.person.email in text
        assert "Every swap" not in text and "price" not in text and "trades_dag" not in text


@pytest.mark.usefixtures("trades")
def test_another_orgs_is_not_there(stranger: Persona, reader: Persona) -> None:
    client = browser(stranger)

    assert client.get(f"/o/{stranger.org.slug}/catalog/trades").status_code == 404
    assert client.get(f"/o/{reader.org.slug}/catalog/trades").status_code == 404
    assert page(reader, "nothing", status=404)


def test_a_grant_is_a_way_in_and_told_to_admins_only(writer: Persona, reader: Persona, admin: Persona, trades: Dataset) -> None:
    close(trades, writer)
    purpose = "Check the bills of May."
    grant(
        trades,
        to={"person": reader.person.email},
        level="view",
        purpose=purpose,
        expires_at=None,
        by=acting(admin),
        now=timezone.now(),
    )

    assert "It is granted to them." in page(reader, tab="access") and purpose not in page(reader, tab="access")
    assert purpose in page(admin, tab="access") and reader.person.email in page(admin, tab="access")
    assert purpose not in page(reader, tab="activity") and "visibility.change" in page(reader, tab="activity")
    assert purpose in page(admin, tab="activity")


def test_who_sees_it_is_chosen_on_its_page_and_audited(writer: Persona, reader: Persona, trades: Dataset) -> None:
    address = f"/o/{writer.org.slug}/catalog/trades/visibility"
    assert browser(reader).post(address, {"visibility": "private"}).status_code == 403

    answer = browser(writer).post(address, {"visibility": "private"}, follow=True)

    assert "Who sees trades is changed." in answer.text and Dataset.objects.get().visible_as == "private"
    assert Record.objects.get(action="visibility.change").after == {"visibility": "private"}
    assert 'name="visibility"' in page(writer, tab="access") and 'name="visibility"' not in page(reader, tab="access")


def test_who_may_write_may_not_open_what_is_closed_to_them(writer: Persona, trades: Dataset) -> None:
    close(trades, writer)
    colleague = make_persona("writer", org=writer.org)

    answer = browser(colleague).post(f"/o/{writer.org.slug}/catalog/trades/visibility", {"visibility": "org"})

    assert answer.status_code == 403 and Dataset.objects.get().visible_as == "private"


def test_what_nothing_publishes_any_more_stays_and_says_so(writer: Persona, trades: Dataset) -> None:
    make_dataset(writer.org, "others", dag="trades_dag", owner=writer.person)

    assert "Nothing writes it any more." in page(writer) and "Nothing makes it any more" in page(writer, tab="lineage")


def test_a_union_is_made_by_both_its_halves(writer: Persona) -> None:
    activate(writer, deploy(writer, manual(extra=HOURLY)))
    halves = {"cold": {"job": "chunks"}, "hot": {"job": "start", "output": 0}, "key": "block_number"}
    whole = make_dataset(writer.org, "whole", dag="ranges", job="", owner=writer.person, storage="union", union=halves)

    assert [one.job for one in lineage_of(whole.org, whole, Dag.objects.all()).sources] == ["start", "chunks"]
    assert "chunks + start" in " ".join(page(writer, "whole").split())


def test_what_happened_names_no_dag_that_one_does_not_see(reader: Persona, writer: Persona, admin: Persona) -> None:
    dag = activate(writer, deploy(writer, manual()))
    make_dataset(writer.org, "starts", dag="ranges", job="start", owner=writer.person)
    assert "ranges" in page(reader, "starts", "activity")

    change_visibility(dag, visibility="private", by=acting(writer))

    text = page(reader, "starts", "activity")
    assert "dataset.publish" in text and "ranges" not in text
    assert "ranges" in page(admin, "starts", "activity")


def test_datasets_from_before_have_what_their_dags_wrote(trades: Dataset) -> None:
    schema = {"columns": [{"name": "price", "type": "float64", "nullable": True}]}
    said = {"schema": schema, "tags": ["hot", "dex"], "pii_columns": ["email"], "column_descriptions": {"price": "In dollars"}}
    Producer.objects.update(spec=said)
    Dataset.objects.update(columns=[], tags=[], column_names="")

    import_module("apps.datasets.migrations.0002_pre_columns_tags").fill(apps, None)

    trades.refresh_from_db()
    assert trades.schema == [Column("price", "float64", nullable=True, description="In dollars"), Column("email")]
    assert trades.tags == ["dex", "hot"] and trades.column_names == "price\nemail"
