"""What a check finds of the org: what the document mentions, however much there is beside it."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.dags.checking import check, told
from apps.datasets.domain import Storage
from apps.datasets.models import Dataset, Producer
from apps.orgs.domain import Visibility
from apps.orgs.models import Org
from tests.apps.dags.makers import activate, deploy, manual
from tests.factories import NOON, Persona, make_org, make_persona, sign_in

pytestmark = pytest.mark.django_db
SCHEMA = {"columns": [{"name": "id", "type": "text", "nullable": False}], "unique": ["id"]}


def make_dataset(org: Org, name: str, *, dags: tuple[str, ...] = (), **said: object) -> Dataset:
    made = Dataset.objects.create(org=org, name=name, **({"storage": Storage.POSTGRES, "multi_writer": len(dags) > 1} | said))
    for dag in dags:
        Producer.objects.create(dataset=made, dag=dag, exclusive=len(dags) < 2, spec={"schema": SCHEMA}, since=NOON)
    return made


def reading(*datasets: str) -> str:
    inputs = ", ".join(f"{{ from: {{ dataset: {name} }} }}" for name in datasets)
    return manual().replace("{ from: { job: start } }", inputs)


def writing(schema: str, *, multi_writer: str = "true") -> str:
    return (
        manual()
        + f"""  - name: score
    activation: reactive
    runtime: lambda
    operator: udf
    outputs: 1
    inputs: [{{ from: {{ job: chunks }} }}]
    execution_strategy: PerUpdate
    update_strategy: replace
    udf: {{ bundle_id: scores }}
publish:
  scores: {{ from: {{ job: score }}, write_mode: buffered, multi_writer: {multi_writer}, schema: {schema} }}
"""
    )


def webhook(name: str, path: str) -> str:
    return f"""name: {name}
jobs:
  - name: called
    activation: source
    runtime: dispatcher
    operator: trigger_webhook
    outputs: 1
    source: {{ kind: webhook, path: {path} }}
"""


def problems(org: Org, text: str, *, dag: str = "") -> list[tuple[object, object]]:
    """But for the bundle, which no org has in this version."""
    found = told(check(org, text, dag=dag).problems)
    return [(one["code"], one["hint"]) for one in found if one["code"] != "unknown_bundle"]


def test_it_asks_the_same_of_an_org_with_thousands_of_datasets(writer: Persona) -> None:
    make_dataset(writer.org, "prices", dags=("one",))
    counts = []
    for more in (0, 2000):
        Dataset.objects.bulk_create(Dataset(org=writer.org, name=f"prices_{n}", storage=Storage.S3) for n in range(more))
        with CaptureQueriesContext(connection) as asked:
            checked = check(writer.org, reading("prices"))
        counts.append(len(asked))

    assert checked.valid and checked.facts and set(checked.facts.known.datasets) == {"prices"}
    assert counts == [2, 2]


def test_names_to_guess_from_are_looked_for_only_when_one_is_unknown_and_are_few(writer: Persona) -> None:
    Dataset.objects.bulk_create(Dataset(org=writer.org, name=f"prices_{n}", storage=Storage.S3) for n in range(2000))
    with CaptureQueriesContext(connection) as asked:
        checked = check(writer.org, reading("price_17"))

    (problem,) = checked.problems
    assert problem.code == "unknown_dataset" and "Did you mean `prices_" in problem.hint
    assert checked.facts and len(checked.facts.known.near) == 200 and len(asked) == 2


def test_a_document_that_mentions_nothing_asks_nothing(writer: Persona) -> None:
    with CaptureQueriesContext(connection) as asked:
        check(writer.org, manual())

    assert len(asked) == 0


def test_what_the_platform_shows_to_all_can_be_read_by_any_org_and_ones_own_comes_first(writer: Persona) -> None:
    platform = make_org("Platform", slug="platform")
    make_dataset(platform, "labels", where={"kind": "text"}, dags=("platform_labels",))
    make_dataset(platform, "prices", where={"theirs": "text"})
    make_dataset(platform, "drafts", visibility=Visibility.PRIVATE)
    make_dataset(make_org(), "elsewhere")
    make_dataset(writer.org, "prices", where={"ours": "text"})

    checked = check(writer.org, reading("labels", "prices", "drafts", "elsewhere"))

    assert [problem.path for problem in checked.problems] == [f"/jobs/1/inputs/{n}/from/dataset" for n in (2, 3)]
    assert checked.facts
    assert {name: set(one.where) for name, one in checked.facts.known.datasets.items()} == {
        "labels": {"kind"},
        "prices": {"ours"},
    }
    # A name of the platform's is free in one's own org.
    assert checked.facts.known.datasets["labels"].producers == ()


@pytest.mark.parametrize("dag", ["", "ranges"])
@pytest.mark.parametrize("dags", [("ranges",), ("another", "ranges"), ("ranges", "zebra"), ("another",)])
def test_a_check_answers_alike_whether_or_not_it_is_told_the_name(writer: Persona, dag: str, dags: tuple[str, ...]) -> None:
    make_dataset(writer.org, "scores", dags=dags)

    found = problems(writer.org, writing("{ columns: [{ name: id, type: text }], unique: [id] }", multi_writer="false"), dag=dag)

    assert [code for code, _ in found] == ([] if dags == ("ranges",) else ["dataset_taken"])


@pytest.mark.parametrize(
    ("schema", "codes"),
    [
        ("{ columns: [{ name: id, type: text }], unique: [id] }", []),
        ("{ columns: [{ name: id, type: uuid }], unique: [id] }", ["schema_mismatch"]),
        ("{ columns: [{ name: id, type: text }] }", ["schema_mismatch"]),
    ],
)
def test_writers_of_one_dataset_declare_one_schema(writer: Persona, schema: str, codes: list[str]) -> None:
    make_dataset(writer.org, "scores", dags=("one", "two"))

    assert [code for code, _ in problems(writer.org, writing(schema))] == codes


def test_a_path_of_a_webhook_is_unique_among_active_versions_of_the_org(writer: Persona, stranger: Persona) -> None:
    version = deploy(writer, webhook("first", "deploys/main"), name="first")
    assert problems(writer.org, webhook("second", "deploys/main")) == []

    activate(writer, version)
    assert [code for code, _ in problems(writer.org, webhook("second", "deploys/main"))] == ["duplicate_path"]
    assert problems(writer.org, webhook("second", "deploys/other")) == []
    assert problems(writer.org, webhook("first", "deploys/main")) == []
    assert problems(stranger.org, webhook("second", "deploys/main")) == []


def test_the_editor_is_told_what_is_in_a_dataset_only_of_those_that_the_person_sees(writer: Persona) -> None:
    make_dataset(writer.org, "open", description="Everybody's.")
    make_dataset(writer.org, "closed", description="Deals.", visibility=Visibility.PRIVATE, owner=writer.person)

    def summaries(persona: Persona) -> dict[str, str]:
        browser = Client(headers={"Accept": "application/json"})
        sign_in(browser, persona.person)
        listed = browser.get(f"/o/{persona.org.slug}/dags/-/vocabulary").json()["datasets"]
        return {one["name"]: one["summary"] for one in listed}

    colleague = make_persona("writer", org=writer.org)
    assert summaries(colleague) == {"open": "Everybody's.", "closed": ""}
    assert summaries(writer) == {"open": "Everybody's.", "closed": "Deals."}
