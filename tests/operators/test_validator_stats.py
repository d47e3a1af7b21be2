"""What validators did in each epoch, of a chain that is made of a seed and answers as the beacon API does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from apps.platform.contracts.rpc import PoolKind
from operators.sdk.errors import ConfigurationError, Retry
from operators.sdk.json_rpc import Endpoint, JsonRpc, direct
from operators.sdk.recorded_tables import RecordedTables
from operators.sdk.testing import Recording, RecordingState
from operators.sdk.words import Keeping
from operators.validator_stats.config import ValidatorStatsConfig
from operators.validator_stats.declaration import DECLARATION
from operators.validator_stats.operator import ValidatorStats
from tests.operators.beacon_chain import BeaconChain, BeaconServer
from tests.workers.rpc_gateway.running import gateway_of, pool, provider


class Ticks:
    """One tick after the other of one job: its state and its table stay."""

    def __init__(self, chain: BeaconChain, rpc: JsonRpc | None = None) -> None:
        self.chain, self.server = chain, BeaconServer(chain)
        self.rpc = rpc or direct(self.server.url, chain_id=1, pool="beacon")
        self.state, self.tables = RecordingState(), RecordedTables(DECLARATION.outputs)

    def tick(self, kept: Keeping = Keeping.DIRECT, **said: Any) -> Recording[ValidatorStatsConfig]:
        config = ValidatorStatsConfig.model_validate({"chain_id": 1, "beacon_pool": "beacon"} | said)
        task = Recording(config, state=self.state, tables=self.tables, keeps={0: kept}, chains={"beacon": self.rpc})
        ValidatorStats().run(task)
        return task

    @property
    def rows(self) -> dict[tuple[int, int], dict[str, Any]]:
        return {(row["epoch"], row["validator_index"]): row for row in self.tables.of(0).rows}

    @property
    def epochs(self) -> list[int]:
        return sorted({epoch for epoch, _ in self.rows})

    def stop(self) -> None:
        self.rpc.close()
        self.server.stop()


@pytest.fixture
def ticks() -> Iterator[Ticks]:
    made = Ticks(BeaconChain())
    yield made
    made.stop()


def test_duties_misses_and_rewards_are_those_of_the_chain(ticks: Ticks) -> None:
    chain = ticks.chain
    chain.missed, chain.idle = {40, 42}, {10: {1, 4}}

    ticks.tick()

    assert ticks.epochs == [10]
    proposers = chain.proposers(10)
    for index in range(chain.validators):
        row = ticks.rows[10, index]
        mine = [slot for slot, who in proposers.items() if who == index]
        assert (row["attestations_due"], row["attestations_missed"]) == (1, int(index in {1, 4}))
        assert (row["proposals_due"], row["proposals_missed"]) == (len(mine), len({40, 42} & set(mine)))
        assert row["reward_gwei"] == chain.reward(10, index)
        assert (row["status"], row["effective_balance_gwei"], row["slashed"]) == ("active_ongoing", 32_000_000_000, False)
    assert sum(row["proposals_missed"] for row in ticks.rows.values()) == 2


def test_who_is_slashed_is_so_and_loses(ticks: Ticks) -> None:
    ticks.chain.slashed = {2}
    ticks.chain.missed = set(range(40, 44))

    ticks.tick()

    row = ticks.rows[10, 2]
    assert (row["slashed"], row["status"], row["attestations_missed"]) == (True, "active_slashed", 1)
    assert row["reward_gwei"] == -7_100


def test_who_has_left_has_no_duty(ticks: Ticks) -> None:
    ticks.chain.exited = {3: 10}

    ticks.tick(validators=[3, 0])

    assert set(ticks.rows) == {(10, 3), (10, 0)}
    assert (ticks.rows[10, 3]["attestations_due"], ticks.rows[10, 0]["attestations_due"]) == (0, 1)
    ticks.state.set("10")
    ticks.tables.of(0).rows.clear()
    ticks.tick()
    assert (10, 3) not in ticks.rows


def test_what_nobody_asks_for_is_neither_fetched_nor_written(ticks: Ticks) -> None:
    ticks.tick(figures=["duties"])

    row = ticks.rows[10, 0]
    assert (row["attestations_missed"], row["proposals_missed"], row["reward_gwei"]) == (None, None, None)
    assert row["attestations_due"] == 1
    assert not any("rewards" in path or "headers" in path for path in ticks.chain.asked)


def test_an_epoch_is_done_once_and_the_next_when_it_is_final(ticks: Ticks) -> None:
    ticks.tick()
    assert [event.cursor for event in ticks.tick().emitted] == []

    ticks.chain.finalized += 1

    assert [event.cursor for event in ticks.tick().emitted] == [11]
    assert ticks.epochs == [10, 11]


def test_it_catches_up_a_few_epochs_at_a_time(ticks: Ticks) -> None:
    first = ticks.tick(start_epoch=3, epochs_per_run=5)
    assert (ticks.epochs, first.metrics["epochs_behind"]) == ([3, 4, 5, 6, 7], 3)

    second = ticks.tick(start_epoch=3, epochs_per_run=5)

    assert (ticks.epochs, second.metrics["epochs_behind"]) == ([3, 4, 5, 6, 7, 8, 9, 10], 0)


def test_it_ends_with_its_last_epoch(ticks: Ticks) -> None:
    ticks.tick(start_epoch=3, end_epoch=4)

    assert ticks.tick(start_epoch=3, end_epoch=4).emitted == []
    assert ticks.epochs == [3, 4]


@pytest.mark.parametrize("finalized", [0, 1])
def test_a_young_chain_is_waited_for(ticks: Ticks, finalized: int) -> None:
    ticks.chain.finalized = finalized

    assert ticks.tick().emitted == []
    ticks.chain.finalized = 2
    assert [event.cursor for event in ticks.tick().emitted] == [0]


def test_a_finality_that_went_back_is_waited_for(ticks: Ticks) -> None:
    ticks.tick()
    ticks.chain.finalized = 5

    assert ticks.tick().emitted == []
    assert ticks.state.get() == "11"


@pytest.mark.parametrize(
    ("flag", "value", "told"), [("is_optimistic", True, "it is optimistic"), ("is_final", False, "is not final yet")]
)
def test_what_may_still_change_is_not_written(ticks: Ticks, flag: str, value: bool, told: str) -> None:
    setattr(ticks.chain, flag, value)

    with pytest.raises(Retry, match=told):
        ticks.tick()
    assert (ticks.rows, ticks.state.get()) == ({}, None)


def test_an_epoch_that_no_node_remembers_says_what_pool_it_needs(ticks: Ticks) -> None:
    ticks.chain.oldest_epoch = 5

    with pytest.raises(Retry, match="For old epochs the pool needs a node that keeps all of them; ask platform staff"):
        ticks.tick(start_epoch=3)


def test_an_attempt_that_broke_off_goes_on_where_it_was(ticks: Ticks) -> None:
    ticks.chain.oldest_epoch = 0
    ticks.tick(start_epoch=3, epochs_per_run=1)
    ticks.chain.oldest_epoch = 99
    with pytest.raises(Retry):
        ticks.tick(start_epoch=3)
    ticks.chain.oldest_epoch = 0

    ticks.tick(start_epoch=3, epochs_per_run=2)

    assert ticks.epochs == [3, 4, 5]


def test_validators_that_the_chain_does_not_know_are_told_of(ticks: Ticks) -> None:
    task = ticks.tick(validators=[0, 4_000], figures=["duties"])

    assert set(ticks.rows) == {(10, 0)}
    assert [(line.values["unknown"], line.values["first"]) for line in task.log.lines] == [(1, 4_000)]


def test_a_pool_of_another_chain_says_what_to_correct(ticks: Ticks) -> None:
    with pytest.raises(ConfigurationError, match="is of chain 1, and this job says chain 5: name another pool"):
        ticks.tick(chain_id=5)


def test_rows_go_to_the_sink_where_the_dag_says_so(ticks: Ticks) -> None:
    task = ticks.tick(Keeping.BUFFERED)

    assert len(task.buffer.read(0)) == ticks.chain.validators
    assert task.emitted == []


def test_it_works_through_the_gateway_as_a_task_does(tmp_path: Path) -> None:
    ticks = Ticks(BeaconChain(missed={40}))
    with gateway_of(tmp_path) as gateway:
        gateway.serve(pool(provider("a", ticks.server.url), kind=PoolKind.BEACON, chain_id=1))
        headers = {"Authorization": f"Bearer {gateway.plane.ticket()}"}
        ticks.rpc = JsonRpc(lambda: Endpoint("", "", headers, "main", 1, "", beacon_url=f"{gateway.url}/beacon"))

        ticks.tick()

        assert len(ticks.rows) == ticks.chain.validators
        assert sum(row["proposals_missed"] for row in ticks.rows.values()) == 1
        assert ticks.rows[10, 0]["reward_gwei"] == ticks.chain.reward(10, 0)
        ticks.state.set("3")
        ticks.chain.oldest_epoch = 99
        with pytest.raises(Retry, match="ask platform staff"):
            ticks.tick(validators=[1])
    ticks.stop()
