"""A dataset that a config names is read, as one that an input names is."""

from __future__ import annotations

from typing import Any

import pytest

from apps.dags.document.comparing import compare
from apps.dags.document.graph import Arrow, graph_of, graph_of_meaning
from apps.dags.document.meaning import Edge, Meaning, meaning_of
from apps.dags.document.validating import Checked, check
from apps.dags.models import Edge as StoredEdge
from apps.dags.selectors import deployed_meaning
from tests.apps.dags.known import ANYWHERE
from tests.apps.dags.makers import deploy
from tests.factories import Persona

TEXT = """\
name: compacting
jobs:
  - { name: tick, activation: source, runtime: dispatcher, operator: trigger_manual, outputs: 1, source: { kind: manual } }
  - name: follow
    activation: source
    runtime: ecs_platform
    operator: block_follower
    outputs: 1
    source: { kind: always_on }
    config: { chain_id: 1, rpc_pool: standard, REORG }
  - name: compact
    activation: reactive
    runtime: ecs_platform
    operator: parquet_compact
    outputs: 1
    inputs: [{ from: INPUT }]
    execution_strategy: PerPartition
    update_strategy: replace
    config: { chain_id: 1, hot_dataset: DATASET }
publish:
  hot: { from: { job: follow } }
"""


def checked(**said: Any) -> Checked:
    made = check(text(**said), ANYWHERE)
    assert made.problems == []
    return made


def text(*, source: str = "{ job: tick }", dataset: str = "hot", reorg: int = 64, start: int = 0) -> str:
    follower = f"max_reorg_depth: {reorg}, start_block: {start}"
    return TEXT.replace("INPUT", source).replace("DATASET", dataset).replace("REORG", follower)


def meaning(made: Checked) -> Meaning:
    assert made.facts
    return meaning_of(made.facts)


def into_compact(made: Checked) -> list[Arrow]:
    graph = graph_of(made)
    assert graph
    return [arrow for arrow in graph.arrows if arrow.target == "job:compact"]


def test_it_is_drawn() -> None:
    tick = Arrow("job:tick", "job:compact", "0")
    assert into_compact(checked()) == [tick, Arrow("dataset:hot", "job:compact")]
    assert into_compact(checked(dataset="hot_blocks")) == [tick, Arrow("external:hot_blocks", "job:compact")]


def test_it_is_an_edge_behind_the_inputs() -> None:
    assert meaning(checked()).jobs["compact"].edges == (Edge(0, "tick"), Edge(1, "follow", 0, "hot"))
    assert meaning(checked(dataset="hot_blocks")).jobs["compact"].edges[1] == Edge(1, dataset="hot_blocks")


def test_who_also_listens_to_it_reads_it_once() -> None:
    made = checked(source="{ dataset: hot }")

    assert into_compact(made) == [Arrow("dataset:hot", "job:compact")]
    assert meaning(made).jobs["compact"].edges == (Edge(0, "follow", 0, "hot"),)


def test_who_reads_it_is_built_anew_with_it() -> None:
    changes = compare(meaning(checked()), meaning(checked(start=32)))

    assert changes.rebuild_scope == ("follow", "compact")


def test_it_defines_nothing_anew() -> None:
    """The hash covers the name in the config; what stands behind it is no part of the definition, as it never was."""
    before, after = (meaning(checked(start=block)).jobs["compact"] for block in (0, 32))

    assert before.definition_hash == after.definition_hash


@pytest.mark.django_db
def test_a_version_is_drawn_as_its_text(writer: Persona) -> None:
    version = deploy(writer, text(), name="compacting")
    drawn = {(arrow.source, arrow.target, arrow.label) for arrow in graph_of_meaning(deployed_meaning(version)).arrows}
    graph = graph_of(checked())

    assert graph and drawn == {(arrow.source, arrow.target, arrow.label) for arrow in graph.arrows}
    assert StoredEdge.objects.filter(job__name="compact", dataset="hot").count() == 1


@pytest.mark.parametrize(("reorg", "codes"), [(64, []), (65, ["not_final"])])
def test_who_takes_rows_as_final_is_held_to_what_the_named_table_may_rewrite(reorg: int, codes: list[str]) -> None:
    """Also where no input leads from one to the other."""
    found = check(text(reorg=reorg), ANYWHERE).problems

    assert [problem.code for problem in found] == codes
