"""The tab of a dataset, and what the API says of its lineage: to whom what may be said."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from apps.console.catalog.provenance import CAUSES
from apps.dags.models import Dag, DagVersion
from apps.datasets.domain import PLATFORM_ORG
from apps.datasets.models import Dataset, Output, Partition
from apps.dispatch.domain import Cause
from apps.lineage.models import Made, MadeFrom, OutputColumns
from apps.lineage.selectors import holding
from apps.platform.ports.objects import ObjectStore
from tests.apps.dags.makers import manual
from tests.apps.datasets.makers import leaves
from tests.apps.dispatch.makers import arm, start
from tests.apps.lineage.makers import do, make_partitions, pin
from tests.apps.lineage.test_tracing import active, version
from tests.factories import Persona, make_org, sign_in

__all__ = ["active", "version"]
pytestmark = pytest.mark.django_db


def tab(persona: Persona, dataset: str, **query: str) -> str:
    client = Client()
    sign_in(client, persona.person)
    answer = client.get(f"/o/{persona.org.slug}/catalog/{dataset}", {"tab": "lineage", "effects": "1", **query})
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.text)


def ask(persona: Persona, path: str, **query: str):  # type: ignore[no-untyped-def]
    return Client(headers={"Authorization": persona.bearer}).get(f"/v1/datasets/{path}", query)


@pytest.fixture
def dag(writer: Persona, data_bucket: ObjectStore) -> Dag:
    return make_partitions(writer, data_bucket)


def platform_output() -> Output:
    """Of a DAG that has the name of one here."""
    org = make_org("Platform", slug=PLATFORM_ORG)
    return Output.objects.create(pk=uuid4(), org=org, dag_id=uuid4(), dag="kept", job="leaf", number=0, storage="s3")


class TestWhatMadeIt:
    def test_the_api_says_it_newest_first(self, dag: Dag, writer: Persona) -> None:
        found = ask(writer, "kept_blocks/provenance").json()["results"]

        assert [one["scope"] for one in found] == ["20-29", "10-19", "0-9"]
        assert (found[0]["dag"], found[0]["job"], found[0]["rows"]) == (dag.name, "leaf", 10)
        assert found[0]["inputs"][0]["job"] == f"{dag.name} / chunks"

    @pytest.mark.parametrize("asked", ["10-19", "15"])
    def test_of_a_partition_or_a_block(self, dag: Dag, writer: Persona, asked: str) -> None:
        found = ask(writer, "kept_blocks/provenance", partition=asked).json()["results"]

        assert [one["scope"] for one in found] == ["10-19"]

    @pytest.mark.parametrize("asked", ["9" * 100, "9" * 78, "1e1000000", "1e1000000000", "NaN", "\u0663", "", "%", "-1"])
    def test_whatever_is_asked_for_is_answered(self, dag: Dag, writer: Persona, asked: str) -> None:
        assert ask(writer, "kept_blocks/provenance", partition=asked).status_code == 200
        assert tab(writer, "kept_blocks", at=asked)

    def test_a_version_that_it_does_not_have_is_unknown(self, dag: Dag, writer: Persona) -> None:
        assert ask(writer, "kept_blocks/provenance", version=str(uuid4())).json()["code"] == "unknown_version"
        assert ask(writer, "kept_blocks/provenance", version="x").status_code == 404

    def test_the_page_links_to_the_task_and_says_from_what(self, dag: Dag, writer: Persona) -> None:
        text = tab(writer, "kept_blocks", at="0-9")

        assert str(Made.objects.get(key="0-9").task_id) in text
        assert f"{dag.name} / chunks" in text

    def test_who_does_not_see_the_dag_is_not_told_its_name(self, dag: Dag, reader: Persona) -> None:
        Dag.objects.update(visibility="private")
        found = ask(reader, "kept_blocks/provenance").json()["results"][0]

        assert (found["dag"], found["task"], found["triggered_by"], found["metrics"]) == (None, None, None, None)
        assert (found["inputs"][0]["job"], found["inputs"][0]["scope"]) == (None, None)
        assert "chunks" not in tab(reader, "kept_blocks")

    def test_who_began_it_in_a_dag_that_one_does_not_see_is_not_told(self, dag: Dag, writer: Persona, reader: Persona) -> None:
        front = arm(writer, manual())
        begun = start(front, block_range=(0, 9))
        Made.objects.update(root_id=begun, root_cause="cron", triggered_by_id=writer.person.pk)
        assert ask(reader, "kept_blocks/provenance").json()["results"][0]["triggered_by"] == writer.person.email

        Dag.objects.filter(pk=front.pk).update(visibility="private", owner=None)

        found = ask(reader, "kept_blocks/provenance").json()["results"][0]
        assert found["dag"] == dag.name
        assert (found["root_task"], found["root_cause"], found["triggered_by"]) == (None, None, None)
        text = tab(reader, "kept_blocks")
        assert writer.person.email not in text and "a schedule" not in text

    def test_of_a_first_task_that_is_forgotten_those_are_told_who_see_every_dag(
        self, dag: Dag, writer: Persona, reader: Persona
    ) -> None:
        Made.objects.update(root_id=uuid4(), triggered_by_id=writer.person.pk)
        assert ask(reader, "kept_blocks/provenance").json()["results"][0]["triggered_by"] == writer.person.email

        Dag.objects.filter(pk=arm(writer, manual()).pk).update(visibility="private", owner=None)

        assert ask(reader, "kept_blocks/provenance").json()["results"][0]["triggered_by"] is None

    def test_every_cause_has_its_words(self) -> None:
        assert CAUSES.keys() == set(Cause)

    def test_it_is_because_of_what_the_first_task_was_there_for(self, dag: Dag, writer: Persona) -> None:
        Made.objects.update(root_cause="backfill")

        assert "a backfill" in tab(writer, "kept_blocks")

    def test_what_the_platform_lets_everybody_read_has_its_name(self, dag: Dag, writer: Persona) -> None:
        read = platform_output()
        MadeFrom.objects.update(output_id=read.pk, dag=dag.name, job="leaf", output=0)
        found = ask(writer, "kept_blocks/provenance").json()["results"][0]["inputs"][0]
        assert (found["dataset"], found["job"]) == (None, None)

        Dataset.objects.create(org=read.org, name="blocks", storage="s3", output=read, visibility="org")

        found = ask(writer, "kept_blocks/provenance").json()["results"][0]["inputs"][0]
        assert (found["dataset"], found["job"]) == ("platform.blocks", None)
        assert "/catalog/platform.blocks" in tab(writer, "kept_blocks")

    def test_it_says_which_row_is_what_readers_get(self, dag: Dag, writer: Persona, data_bucket: ObjectStore) -> None:
        do(leaves(dag, (0, 9)), data_bucket)

        found = ask(writer, "kept_blocks/provenance", partition="0-9").json()["results"]

        assert [one["is_current"] for one in found] == [True, False]
        assert tab(writer, "kept_blocks", at="0-9").count(">replaced<") == 1

    def test_a_stranger_finds_nothing(self, dag: Dag, stranger: Persona) -> None:
        assert {ask(stranger, f"kept_blocks/{part}").status_code for part in ("lineage", "provenance", "stale")} == {404}


class TestWhatDoesNotHold:
    def test_of_a_partition_that_was_restored_that_one_is_looked_at(
        self, dag: Dag, writer: Persona, data_bucket: ObjectStore
    ) -> None:
        (claimed,) = leaves(dag, (30, 39))
        pin(claimed, Partition.objects.get(key="0-9"))
        do([claimed], data_bucket)
        do(leaves(dag, (0, 9)), data_bucket)
        (again,) = leaves(dag, (30, 39))
        pin(again, Partition.objects.get(key="0-9", superseded_at=None))
        do([again], data_bucket)
        assert ask(writer, "kept_blocks/stale").json()["stale"] == []
        old = Partition.objects.get(key="30-39", superseded_at__isnull=False)

        restored = Client(headers={"Authorization": writer.bearer}).post(
            f"/v1/datasets/kept_blocks/partitions/{old.pk}/restore", content_type="application/json"
        )

        assert restored.status_code == 200, restored.text
        assert [one["partition"] for one in ask(writer, "kept_blocks/stale").json()["stale"]] == ["30-39"]

    def test_what_is_made_of_something_that_is_made_again_is_stale(
        self, dag: Dag, writer: Persona, data_bucket: ObjectStore
    ) -> None:
        (claimed,) = leaves(dag, (30, 39))
        pin(claimed, Partition.objects.get(key="0-9"))
        do([claimed], data_bucket)
        assert ask(writer, "kept_blocks/stale").json()["stale"] == []

        do(leaves(dag, (0, 9)), data_bucket)

        (one,) = ask(writer, "kept_blocks/stale").json()["stale"]
        assert (one["partition"], one["why"], one["made_of"], one["made_of_scope"]) == ("30-39", "remade", "kept_blocks", "0-9")
        assert "was made again after it was read" in tab(writer, "kept_blocks")

    def test_from_there_it_is_made_again_by_those_who_may(
        self, dag: Dag, writer: Persona, reader: Persona, data_bucket: ObjectStore
    ) -> None:
        (claimed,) = leaves(dag, (30, 39))
        pin(claimed, Partition.objects.get(key="0-9"))
        do([claimed], data_bucket)
        do(leaves(dag, (0, 9)), data_bucket)

        chosen = '<input type="hidden" name="partition" value="30-39">'
        assert tab(writer, "kept_blocks").count(chosen) == 1
        assert "Make these again" not in tab(reader, "kept_blocks")

    def test_what_takes_too_long_is_said(self, dag: Dag, writer: Persona, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(holding, "_STALE", "SELECT pg_sleep(2)")
        monkeypatch.setattr(holding, "_MOST_SECONDS", 0.01)

        assert ask(writer, "kept_blocks/stale").json()["code"] == "took_too_long"
        assert "takes too long now" in tab(writer, "kept_blocks")

    @pytest.mark.parametrize(("lies", "is_met"), [((-5, 3), True), ((3, 5), True), ((-5, -1), False), ((10, 20), False)])
    def test_what_was_cut_anew_is_met_where_it_overlaps(
        self, dag: Dag, writer: Persona, data_bucket: ObjectStore, lies: tuple[int, int], is_met: bool
    ) -> None:
        (claimed,) = leaves(dag, (30, 39))
        read = Partition.objects.get(key="0-9")
        pin(claimed, read)
        do([claimed], data_bucket)
        start, end = lies

        Partition.objects.filter(pk=read.pk).update(
            key="cut", range_start=start, range_end=end, committed_at=timezone.now() + timedelta(days=1)
        )

        stale = ask(writer, "kept_blocks/stale").json()["stale"]
        assert [one["made_of_scope"] for one in stale if one["partition"] == "30-39"] == (["cut"] if is_met else [])

    def test_a_partition_whose_task_is_not_done_is_missing(self, dag: Dag, writer: Persona) -> None:
        leaves(dag, (30, 39))

        (one,) = ask(writer, "kept_blocks/stale").json()["missing"]
        assert (one["partition"], one["status"]) == ("30-39", "running")


class TestGraph:
    def test_the_api_tells_nodes_arrows_and_columns(self, active: DagVersion, writer: Persona) -> None:
        found = ask(writer, "authors/lineage", direction="up", depth="20", column="gas").json()

        columns = {one["dataset"]: one["columns"] for one in found["nodes"] if one["dataset"]}
        assert columns["blocks"] is not None and "gas_used" in columns["blocks"]
        assert {"read": "chain / authors", "by": "authors"} in found["arrows"]

    @pytest.mark.parametrize("query", [{"direction": "left"}, {"depth": "0"}, {"depth": "21"}, {"depth": "x"}], ids=str)
    def test_what_makes_no_sense_is_refused(self, active: DagVersion, writer: Persona, query: dict[str, str]) -> None:
        assert ask(writer, "authors/lineage", **query).status_code == 400

    def test_what_somebody_may_not_see_is_counted_and_not_named(self, active: DagVersion, reader: Persona) -> None:
        Dataset.objects.exclude(name="blocks").update(visibility="private")
        found = ask(reader, "blocks/lineage", depth="20").json()

        assert {one["dataset"] for one in found["nodes"]} - {None} == {"blocks"}
        assert found["hidden"]["datasets"] == 2
        assert "authors" not in {one["by"] for one in found["arrows"]}

    def test_a_job_of_a_dag_that_somebody_may_not_see_is_not_named(self, active: DagVersion, reader: Persona) -> None:
        Dag.objects.update(visibility="private")
        found = ask(reader, "blocks/lineage", depth="20").json()

        assert [one["job"] for one in found["nodes"] if one["job"]] == []
        assert found["hidden"]["jobs"] > 0

    def test_why_its_columns_are_not_traced_is_not_told_of_a_job_that_is_hidden(
        self, active: DagVersion, reader: Persona
    ) -> None:
        OutputColumns.objects.filter(job="authors").delete()
        OutputColumns.objects.create(
            version=active, job="authors", output=0, reason="The operator `query` reads column `secret`."
        )

        def said() -> list[str]:
            nodes = ask(reader, "blocks/lineage", direction="down").json()["nodes"]
            return [one["untraced"] for one in nodes if one["dataset"] == "authors"]

        assert said() == ["The operator `query` reads column `secret`."]

        Dag.objects.update(visibility="private", owner=None)

        assert said() == ["A job that you do not see makes it."]

    def test_a_focused_column_is_drawn_and_the_rest_is_dim(self, active: DagVersion, writer: Persona) -> None:
        text = tab(writer, "blocks", column="gas_used")

        assert "lineage-found" in text
        assert "What a change of gas_used would affect" in text
        assert ">gas</code>" in text

    def test_two_hundred_readers_are_cut_with_a_way_on(self, active: DagVersion, writer: Persona) -> None:
        from apps.dags.models import Edge, Job

        job = Job.objects.get(name="authors")
        for number in range(200):
            job.pk, job.name, job.position = uuid4(), f"reader_{number:03}", 100 + number
            job._state.adding = True
            job.save()
            Edge.objects.create(job=job, number=0, dataset="blocks")

        text = tab(writer, "blocks")
        assert "Draw more of it" in text or "Draw more" in text or "draw more of it" in text
        assert text.count("<rect") <= 45
        assert tab(writer, "blocks", all="1").count("<rect") > 200

    def test_what_looks_far_is_asked_for_by_the_page_once_it_is_there(self, active: DagVersion, writer: Persona) -> None:
        client = Client()
        sign_in(client, writer.person)
        address = f"/o/{writer.org.slug}/catalog/blocks"

        page = client.get(address, {"tab": "lineage", "column": "gas_used"}).text
        (asked,) = re.findall(r'id="effects" hx-get="([^"]+)"', page)
        panels = client.get(address + html.unescape(asked), headers={"HX-Request": "true"}).text

        assert "What a change of gas_used would affect" in panels and "authors" in panels and "<html" not in panels
        assert "What a change of gas_used would affect" not in page
        assert "What a change of gas_used would affect" in client.get(address + html.unescape(asked)).text
