"""Columns of a version are traced when it is deployed: as operators declare them, and as SQL says."""

from __future__ import annotations

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.console.catalog.lineage_graph import shown_graph
from apps.dags.models import Dag, DagVersion
from apps.datasets.models import Dataset
from apps.lineage.models import ColumnEdge, OutputColumns
from apps.lineage.selectors.graph import Asked, Direction, Graph, graph_of
from apps.lineage.selectors.steps import Node
from apps.lineage.services import trace_columns
from apps.orgs.policy import Principal
from tests.apps.dags.makers import deploy
from tests.apps.dispatch.makers import publish
from tests.factories import NOON, Persona

pytestmark = pytest.mark.django_db

CHAIN = """name: chain
jobs:
  - name: follow
    activation: source
    runtime: ecs_platform
    operator: block_follower
    outputs: 3
    source: { kind: always_on }
    config: { chain_id: 1, rpc_pool: standard, start_block: 1, confirmations: 0, max_reorg_depth: 64 }
  - name: ranges
    activation: reactive
    runtime: ecs_platform
    operator: range_aggregator
    outputs: 1
    inputs: [{ from: { job: follow, output: 0 } }]
    execution_strategy: PerUpdate
    update_strategy: replace
  - name: compact
    activation: reactive
    runtime: ecs_platform
    operator: parquet_compact
    outputs: 1
    inputs: [{ from: { job: ranges } }]
    execution_strategy: PerPartition
    update_strategy: replace
    config: { chain_id: 1, hot_dataset: blocks_hot, finality_depth_blocks: 64 }
  - name: authors
    activation: reactive
    runtime: ecs_platform
    operator: query
    outputs: 1
    inputs: [{ from: { dataset: blocks } }]
    execution_strategy: PerPartition
    update_strategy: replace
    config: { sql: "SELECT author AS who, sum(gas_used) AS gas FROM blocks WHERE block_number > 5 GROUP BY author" }
  - name: transfers
    activation: reactive
    runtime: ecs_platform
    operator: log_decode
    outputs: 1
    inputs: [{ from: { job: follow, output: 2 } }]
    execution_strategy: PerUpdate
    update_strategy: replace
    config:
      abi:
        - type: event
          name: Transfer
          inputs:
            - { name: from, type: address, indexed: true }
            - { name: to, type: address, indexed: true }
            - { name: value, type: uint256 }
publish:
  logs: { from: { job: follow, output: 2 } }
  transfers: { from: { job: transfers } }
  blocks_hot: { from: { job: follow, output: 0 } }
  blocks_cold: { from: { job: compact } }
  blocks: { union: { cold: { job: compact }, hot: { job: follow, output: 0 }, key: block_number } }
  authors: { from: { job: authors } }
"""


@pytest.fixture
def version(writer: Persona) -> DagVersion:
    version = deploy(writer, CHAIN, name="chain")
    publish()
    return version


@pytest.fixture
def active(writer: Persona, version: DagVersion) -> DagVersion:
    """As if every operator were built."""
    from apps.dags.publications import publications
    from apps.dags.selectors import deployed_meaning
    from apps.datasets import services as datasets
    from tests.factories import acting

    Dag.objects.filter(pk=version.dag_id).update(active=version)
    wanted = publications(deployed_meaning(version))
    with transaction.atomic():
        datasets.publish(writer.org, "chain", wanted, owner=writer.person, by=acting(writer), now=NOON)
    trace_columns(version.pk)
    return version


def edges(job: str) -> set[tuple[str, str, str, str]]:
    found = ColumnEdge.objects.filter(of__job=job).values_list("column", "source_dataset", "source_column", "derivation")
    return {tuple(row) for row in found}  # type: ignore[misc]


def test_what_an_operator_passes_on_is_every_column(version: DagVersion) -> None:
    assert edges("compact") == {("*", "blocks_hot", "*", "identity")}


def test_the_sql_of_a_query_says_it(version: DagVersion) -> None:
    assert edges("authors") == {
        ("who", "blocks", "author", "identity"), ("gas", "blocks", "gas_used", "aggregation"),
        ("", "blocks", "block_number", "indirect"), ("", "blocks", "author", "indirect"),
    }  # fmt: skip


def test_a_source_says_that_its_columns_come_from_outside(version: DagVersion) -> None:
    row = OutputColumns.objects.get(job="follow", output=0)

    assert "from outside" in row.reason


def test_an_output_of_events_alone_has_no_columns(version: DagVersion) -> None:
    assert not OutputColumns.objects.filter(job="ranges").exists()


def test_traced_again_it_is_the_same(version: DagVersion) -> None:
    before = edges("authors")

    trace_columns(version.pk)

    assert edges("authors") == before
    assert OutputColumns.objects.filter(job="authors").count() == 1


def test_log_decode_names_topics_and_data(version: DagVersion) -> None:
    found = ColumnEdge.objects.filter(of__job="transfers", derivation="transformation")
    assert set(found.values_list("column", "source_job", "source_output", "source_column")) == {
        ("from", "follow", 2, "topic1"), ("to", "follow", 2, "topic2"), ("value", "follow", 2, "data"),
    }  # fmt: skip


class TestGraph:
    def graph(self, version: DagVersion, dataset: str, **asked: object) -> Graph:
        return graph_of(version.dag.org, dataset, Asked(**asked))  # type: ignore[arg-type]

    def test_one_hop_up_is_the_job_and_what_it_reads(self, active: DagVersion) -> None:
        graph = self.graph(active, "blocks_cold", direction=Direction.UP)

        assert graph.at(-1) == [Node(dag="chain", job="compact"), Node(dag="chain", job="ranges"), Node("blocks_hot")]

    def test_one_hop_down_is_who_reads_it_and_what_that_makes(self, active: DagVersion) -> None:
        graph = self.graph(active, "blocks", direction=Direction.DOWN)

        assert graph.at(1) == [Node(dag="chain", job="authors"), Node("authors")]

    def test_all_the_way_down(self, active: DagVersion) -> None:
        graph = self.graph(active, "blocks_hot", direction=Direction.DOWN, hops=20)

        assert {node.dataset for node in graph.depth if node.dataset} == {"blocks_hot", "blocks_cold", "blocks", "authors"}

    def test_an_end_is_what_has_more_behind_it(self, active: DagVersion) -> None:
        assert self.graph(active, "blocks_hot", direction=Direction.DOWN).ends == {Node("blocks")}
        assert self.graph(active, "authors", direction=Direction.DOWN).ends == set()

    def test_what_lies_behind_the_last_hop_is_asked_once_for_all(self, active: DagVersion) -> None:
        one = self.asked(active, "transfers")

        assert self.asked(active, "blocks_hot") <= one + 2

    def asked(self, version: DagVersion, dataset: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            self.graph(version, dataset, direction=Direction.UP)
        return len(asked)

    def test_no_more_than_fits(self, active: DagVersion) -> None:
        graph = self.graph(active, "authors", hops=20, most=3)

        assert (len(graph.depth), graph.is_cut) == (3, True)

    def test_a_column_is_followed_through_a_union_to_both_ends(self, active: DagVersion) -> None:
        graph = self.graph(active, "authors", direction=Direction.UP, hops=20, column="gas")

        assert graph.columns[Node("blocks")] >= {"gas_used"}
        assert "gas_used" in graph.columns[Node("blocks_hot")]

    def test_a_column_is_followed_down_through_a_job_that_reads_another(self, active: DagVersion) -> None:
        graph = self.graph(active, "logs", direction=Direction.DOWN, column="topic1")

        assert graph.columns[Node("transfers")] == {"from"}

    def test_and_up(self, active: DagVersion) -> None:
        graph = self.graph(active, "transfers", direction=Direction.UP, column="value")

        assert graph.columns[Node("logs")] == {"data"}

    def test_what_a_column_decides_is_affected_as_a_whole(self, active: DagVersion) -> None:
        graph = self.graph(active, "blocks", direction=Direction.DOWN, column="block_number")

        assert graph.columns[Node("authors")] == {"*"}

    def test_a_column_that_nobody_uses_affects_nothing(self, active: DagVersion) -> None:
        graph = self.graph(active, "blocks", direction=Direction.DOWN, column="extra_data")

        assert Node("authors") not in graph.columns


class TestWhatIsNotPublished:
    """`follow` publishes logs, `transfers` makes something of them that nobody publishes, `second` publishes what it makes of that."""

    @pytest.fixture
    def text(self) -> str:
        published = "  transfers: { from: { job: transfers } }\n"
        _, begin, job = CHAIN.partition("  - name: transfers\n")
        job, publish, _ = (begin + job).partition("publish:\n")
        second = job.replace("name: transfers", "name: second").replace("{ job: follow, output: 2 }", "{ job: transfers }")
        return CHAIN.replace(published, "  second: { from: { job: second } }\n").replace(publish, second + publish)

    @pytest.fixture
    def version(self, writer: Persona, text: str) -> DagVersion:
        version = deploy(writer, text, name="chain")
        publish()
        return version

    @pytest.fixture
    def traced(self, active: DagVersion) -> DagVersion:
        """As if `second` renamed a column of `transfers`, and took nothing else of it."""
        of = OutputColumns.objects.get(version=active, job="second")
        of.edges.all().delete()
        ColumnEdge.objects.create(of=of, column="who", source_job="transfers", source_column="from", derivation="identity")
        return active

    def columns(self, version: DagVersion, dataset: str, column: str) -> dict[Node, set[str]]:
        return graph_of(version.dag.org, dataset, Asked(hops=5, column=column)).columns

    def test_its_columns_lead_on_upwards(self, traced: DagVersion) -> None:
        found = self.columns(traced, "second", "who")

        assert found[Node("logs")] == {"topic1"}
        assert found[Node(dag="chain", job="transfers")] == {"from"}

    def test_and_downwards(self, traced: DagVersion) -> None:
        assert self.columns(traced, "logs", "topic1")[Node("second")] == {"who"}

    def test_a_column_that_is_not_taken_ends_there(self, traced: DagVersion) -> None:
        found = self.columns(traced, "logs", "topic2")

        assert found[Node(dag="chain", job="transfers")] == {"to"}
        assert Node("second") not in found

    def test_another_output_of_the_same_job_is_another_place(self, traced: DagVersion) -> None:
        ColumnEdge.objects.filter(of__job="second").update(source_output=1)

        assert Node("logs") not in self.columns(traced, "second", "who")

    def test_where_it_is_not_traced_its_job_says_why(self, traced: DagVersion, writer: Persona) -> None:
        OutputColumns.objects.filter(job="transfers").update(reason="Nobody can say.")

        asked = Asked(hops=5, column="who")
        shown = shown_graph(
            traced.dag.org, Dataset.objects.get(name="second"), asked, Principal(writer.person), now=timezone.now()
        )
        assert [one.untraced for one in shown.nodes if one.node.job == "transfers"] == ["Nobody can say."]
