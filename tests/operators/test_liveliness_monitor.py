"""Whether a chain still makes blocks: on real nodes that mine, stop, go back, lag and die."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from operators.liveliness_monitor.config import LivelinessMonitorConfig
from operators.liveliness_monitor.declaration import DECLARATION
from operators.liveliness_monitor.operator import LivelinessMonitor
from operators.sdk.errors import ConfigurationError
from operators.sdk.json_rpc import JsonRpc, direct
from operators.sdk.recorded_tables import RecordedTables
from operators.sdk.rpc import Rpc
from operators.sdk.task import Fired
from operators.sdk.testing import Recording, RecordingState
from operators.sdk.words import Keeping
from tests.fixtures.chain import Node
from tests.operators.several import Several
from workers.supervisor.ports import Ports

# Degraded after 60 s without a block, stalled after 300 s.
USUAL = {"rpc_pool": "standard", "chain_id": 31337}


class Ticks:
    """One tick after the other of one job: its state and its table stay."""

    def __init__(self, rpc: Rpc, **config: Any) -> None:
        self.config = LivelinessMonitorConfig.model_validate(USUAL | config)
        self.rpc, self.state, self.tables = rpc, RecordingState(), RecordedTables(DECLARATION.outputs)
        self.task = self._task(None)

    def _task(self, fired: Fired | None) -> Recording[LivelinessMonitorConfig]:
        return Recording(
            self.config, fired=fired, state=self.state, tables=self.tables, keeps={0: Keeping.DIRECT},
            chains={"standard": self.rpc},
        )  # fmt: skip

    def tick(self, at: datetime) -> dict[str, Any]:
        """The row of it."""
        self.task = self._task(Fired(at))
        LivelinessMonitor().run(self.task)
        return self.rows[-1]

    @property
    def rows(self) -> list[dict[str, Any]]:
        return self.tables.of(0).rows


def time_of(node: Node) -> datetime:
    return datetime.fromtimestamp(int(node.block()["timestamp"], 16), UTC)


def dead_node() -> JsonRpc:
    return direct(f"http://127.0.0.1:{Ports().any()}", chain_id=31337)


@pytest.mark.parametrize(("seconds", "status"), [(5, "ok"), (59, "ok"), (60, "degraded"), (299, "degraded"), (300, "stalled")])
def test_the_age_of_the_last_block_decides(node: Node, seconds: int, status: str) -> None:
    node.mine(3)

    row = Ticks(node.rpc).tick(time_of(node) + timedelta(seconds=seconds))

    assert (row["status"], row["block_number"], row["seconds_since"]) == (status, 3, seconds)
    assert row["block_timestamp"] == time_of(node)
    assert (row["reason"] is None) == (status == "ok")


def test_a_tick_that_runs_late_and_sees_newer_blocks_is_well(node: Node) -> None:
    node.mine()

    row = Ticks(node.rpc).tick(time_of(node) - timedelta(hours=1))

    assert (row["status"], row["seconds_since"]) == ("ok", 0)


def test_a_chain_whose_clock_is_ahead_is_stalled_by_the_ticks_at_which_its_head_stood_still(node: Node) -> None:
    noon = time_of(node)
    node.ask("evm_setNextBlockTimestamp", int((noon + timedelta(days=1)).timestamp()))
    node.mine()
    ticks = Ticks(node.rpc)

    assert ticks.tick(noon)["status"] == "ok"
    assert ticks.tick(noon + timedelta(seconds=61))["status"] == "degraded"
    assert ticks.tick(noon + timedelta(seconds=301))["status"] == "stalled"
    node.mine()
    assert ticks.tick(noon + timedelta(seconds=361))["status"] == "ok"


def test_a_head_that_goes_back_is_told_once(node: Node) -> None:
    node.mine(2)
    before = node.snapshot()
    node.mine(5)
    ticks = Ticks(node.rpc)
    ticks.tick(time_of(node))
    node.revert(before)

    row = ticks.tick(time_of(node) + timedelta(seconds=1))

    assert (row["status"], row["reason"]) == ("degraded", "The head went back from block 7 to 2.")
    node.mine()
    assert ticks.tick(time_of(node) + timedelta(seconds=2))["status"] == "ok"


def test_a_provider_that_lags_and_one_that_is_dead_do_not_make_a_chain_look_dead(node: Node) -> None:
    behind = Node(fork_of=node.url)
    behind.start()
    try:
        node.mine(6)
        ticks = Ticks(Several(named={"behind": behind, "dead": dead_node(), "well": node}))

        row = ticks.tick(time_of(node) + timedelta(seconds=1))

        assert (row["status"], row["block_number"]) == ("ok", 6)
        assert (ticks.task.metrics["most_blocks_behind"], ticks.task.metrics["providers_silent"]) == (6, 1)
        assert [line.values["provider"] for line in ticks.task.log.lines] == ["dead"]
    finally:
        behind.stop()


@pytest.mark.parametrize(("config", "status"), [({}, "unknown"), ({"without_answer": "stalled"}, "stalled")])
def test_a_pool_that_does_not_answer_is_a_finding_and_no_failure(config: dict[str, str], status: str) -> None:
    ticks = Ticks(dead_node(), **config)

    row = ticks.tick(datetime(2026, 1, 1, tzinfo=UTC))

    assert (row["status"], row["block_number"], row["seconds_since"]) == (status, None, None)
    assert row["reason"].startswith("No provider answered. direct: The chain does not answer")


def test_what_was_known_outlives_a_tick_without_an_answer(node: Node) -> None:
    ticks = Ticks(node.rpc)
    noon = time_of(node)
    ticks.tick(noon)
    answering, ticks.rpc = ticks.rpc, dead_node()
    ticks.tick(noon + timedelta(seconds=30))
    ticks.rpc = answering

    assert ticks.tick(noon + timedelta(seconds=310))["status"] == "stalled"


def test_another_attempt_of_a_tick_writes_the_same_row_and_tells_the_same(node: Node) -> None:
    ticks = Ticks(node.rpc)
    at = time_of(node) + timedelta(seconds=70)

    first, told = ticks.tick(at), ticks.task.emitted
    again = ticks.tick(at)

    assert (first, told) == (again, ticks.task.emitted)
    assert len(ticks.rows) == 1
    (event,) = told
    assert (event.cursor, event.data) == (int(at.timestamp()), {"chain_id": 31337, "status": "degraded"})


def test_rows_go_to_the_sink_where_the_dag_says_so(node: Node) -> None:
    task = Recording(
        LivelinessMonitorConfig.model_validate(USUAL), fired=Fired(time_of(node)), keeps={0: Keeping.BUFFERED},
        chains={"standard": node.rpc},
    )  # fmt: skip

    LivelinessMonitor().run(task)

    assert [row["status"] for row in task.buffer.read(0)] == ["ok"]
    assert task.emitted == []


def test_a_pool_of_another_chain_says_what_to_correct(node: Node) -> None:
    with pytest.raises(ConfigurationError, match="is of chain 31337, and this job says chain 1: name another pool"):
        Ticks(node.rpc, chain_id=1).tick(time_of(node))


def test_without_a_tick_it_says_what_source_it_wants(node: Node) -> None:
    task = Recording(LivelinessMonitorConfig.model_validate(USUAL), chains={"standard": node.rpc})

    with pytest.raises(ConfigurationError, match="give the job a source of kind cron"):
        LivelinessMonitor().run(task)


def test_an_output_without_a_table_says_how_to_publish_it(node: Node) -> None:
    task = Recording(LivelinessMonitorConfig.model_validate(USUAL), fired=Fired(time_of(node)), chains={"standard": node.rpc})

    with pytest.raises(ConfigurationError, match="publish it with `storage: postgres`"):
        LivelinessMonitor().run(task)
