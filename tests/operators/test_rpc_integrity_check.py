"""What several providers say of a block: real nodes that agree, go their own way, lag and die."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from operators.rpc_integrity_check.answers import Lack, Said, first_difference
from operators.rpc_integrity_check.config import RpcIntegrityCheckConfig
from operators.rpc_integrity_check.declaration import DECLARATION
from operators.rpc_integrity_check.operator import RpcIntegrityCheck
from operators.rpc_integrity_check.verdicts import rows
from operators.sdk.errors import ConfigurationError, Retry
from operators.sdk.json_rpc import JsonRpc, direct
from operators.sdk.recorded_tables import RecordedTables
from operators.sdk.rpc import NodeError
from operators.sdk.task import Arrived, Event, Range
from operators.sdk.testing import Recording
from operators.sdk.words import Keeping
from tests.fixtures.chain import Node
from tests.operators.several import Several
from workers.supervisor.ports import Ports

SHARED = 4


@dataclass
class Chain:
    """One node, a second way to it, and another that shares its first blocks and then went its own way."""

    node: Node
    forked: Node
    more: list[JsonRpc] = field(default_factory=list)

    def pool(self, *names: str) -> Several:
        every: dict[str, Node | JsonRpc] = {"a": self.node, "b": self.node, "forked": self.forked, "dead": dead_node()}
        return Several(named={name: every[name] for name in names})


@pytest.fixture(scope="module")
def chain() -> Iterator[Chain]:
    node = Node()
    node.start()
    node.mine(SHARED, transfers=1)
    forked = Node(fork_of=node.url, fork_block=SHARED)
    forked.start()
    node.mine(3, transfers=2, tokens=2)
    forked.mine(2, transfers=1)
    yield Chain(node, forked)
    forked.stop()
    node.stop()


def dead_node() -> JsonRpc:
    return direct(f"http://127.0.0.1:{Ports().any()}", chain_id=31337)


def checked(
    pool: Several, *events: Event, before: Recording[Any] | None = None, **said: Any
) -> Recording[RpcIntegrityCheckConfig]:
    config = RpcIntegrityCheckConfig.model_validate({"chain_id": 31337, "rpc_pool": "standard"} | said)
    task = Recording(
        config, arrived=[Arrived(0, one) for one in events], chains={"standard": pool}, keeps={0: Keeping.DIRECT},
        tables=before.tables if before else RecordedTables(DECLARATION.outputs),
    )  # fmt: skip
    RpcIntegrityCheck().run(task)
    return task


def found(task: Recording[Any]) -> list[tuple[str, str, str, str | None]]:
    return [(row["provider"], row["compared"], row["status"], row["field"]) for row in task.tables.of(0).rows]


def test_providers_that_agree_leave_no_row_and_are_told_of(chain: Chain) -> None:
    task = checked(chain.pool("a", "b", "forked"), Event(0, cursor=SHARED), compare=["block", "receipts", "logs"])

    assert found(task) == []
    assert [(event.cursor, event.data) for event in task.emitted] == [(SHARED, {"chain_id": 31337, "findings": 0})]
    assert task.waits == []


def test_a_fork_differs_in_all_that_is_compared_and_says_where(chain: Chain) -> None:
    task = checked(chain.pool("a", "b", "forked"), Event(0, cursor=SHARED + 2), compare=["block", "receipts", "logs"])

    assert [one[:3] for one in found(task)] == [("forked", one, "differs") for one in ("block", "receipts", "logs")]
    row = task.tables.of(0).rows[0]
    assert (row["field"], row["agreeing"]) == ("block.hash", 2)
    assert (row["said"], row["quorum_said"]) == (chain.forked.block(SHARED + 2)["hash"], chain.node.block(SHARED + 2)["hash"])
    assert row["answer_hash"] != row["quorum_hash"]
    # Asked again before anybody is accused.
    assert len(task.waits) == 1


def test_a_provider_that_is_behind_is_not_said_to_differ(chain: Chain) -> None:
    task = checked(chain.pool("a", "b", "forked"), Event(0, cursor=SHARED + 3), compare=["block", "logs"])

    assert found(task) == [("forked", "block", "behind", None), ("forked", "logs", "behind", None)]


def test_below_the_tip_all_have_the_block(chain: Chain) -> None:
    assert found(checked(chain.pool("a", "b", "forked"), Event(0, cursor=SHARED + 3), lag_blocks=3)) == []


def test_a_dead_provider_is_silent_and_the_others_still_make_a_quorum(chain: Chain) -> None:
    task = checked(chain.pool("dead", "a", "b"), Event(0, cursor=SHARED))

    assert found(task) == [("dead", "block", "silent", None)]
    assert "does not answer" in task.tables.of(0).rows[0]["said"]


def test_two_against_one_another_are_no_quorum(chain: Chain) -> None:
    task = checked(chain.pool("a", "forked"), Event(0, cursor=SHARED + 1))

    assert found(task) == [("a", "block", "no_quorum", None), ("forked", "block", "no_quorum", None)]
    assert {row["quorum_hash"] for row in task.tables.of(0).rows} == {None}


def test_no_more_are_asked_than_the_config_says(chain: Chain) -> None:
    assert found(checked(chain.pool("a", "b", "dead"), Event(0, cursor=SHARED), providers=2)) == []


def test_every_block_of_a_range_is_checked(chain: Chain) -> None:
    task = checked(chain.pool("a", "b", "forked"), Event(0, range=Range(SHARED - 1, SHARED + 2)))

    assert sorted(row["block_number"] for row in task.tables.of(0).rows) == [SHARED + 1, SHARED + 2]
    assert [event.cursor for event in task.emitted] == list(range(SHARED - 1, SHARED + 3))


def test_what_was_found_before_goes_when_all_agree_again(chain: Chain) -> None:
    first = checked(chain.pool("a", "b", "forked"), Event(0, cursor=SHARED + 1))

    again = checked(chain.pool("a", "b"), Event(0, cursor=SHARED + 1), before=first)

    assert found(again) == []


class _Without(JsonRpc):
    """A node that has no such call: hardhat and ganache answer so."""

    def __init__(self, rpc: JsonRpc, method: str) -> None:
        super().__init__(rpc._opening)
        self._method = method

    def call(self, method: str, params: Any = (), *, provider: str = "") -> Any:
        if method == self._method:
            raise NodeError(-32601, f"Method {method} is not supported")
        return super().call(method, params, provider=provider)


def test_a_provider_without_the_call_is_told_apart(chain: Chain) -> None:
    poor = _Without(chain.node.rpc, "eth_getBlockReceipts")
    pool = Several(named={"a": chain.node, "b": chain.node, "poor": poor})

    task = checked(pool, Event(0, cursor=SHARED), compare=["block", "receipts"])

    assert found(task) == [("poor", "receipts", "unsupported", None)]
    poor.close()


def test_too_few_providers_for_a_quorum_are_waited_for(chain: Chain) -> None:
    with pytest.raises(Retry, match="1 of the providers of the pool standard can be asked now, and a quorum is 2"):
        checked(chain.pool("a"), Event(0, cursor=SHARED))


def test_a_pool_of_which_nobody_answers_is_waited_for(chain: Chain) -> None:
    dead = Several(named={"x": dead_node(), "y": dead_node()})

    with pytest.raises(Retry, match="No provider of the pool standard tells anything of block 4"):
        checked(dead, Event(0, cursor=SHARED))


def test_a_pool_of_another_chain_and_an_event_without_a_block_say_what_to_do(chain: Chain) -> None:
    with pytest.raises(ConfigurationError, match="name another pool, or correct `chain_id`"):
        checked(chain.pool("a", "b"), Event(0, cursor=1), chain_id=1)
    with pytest.raises(ConfigurationError, match="take an input that follows a chain"):
        checked(chain.pool("a", "b"), Event(0, data={}))


def said(value: str | None) -> Said:
    return Said({"hash": value}) if value else Said(lack=Lack.BEHIND, why="it does not have the block")


@pytest.mark.parametrize(
    ("answers", "needed", "statuses"),
    [
        ("xxx", 2, []), ("xxy", 2, ["differs"]), ("xxyy", 2, ["no_quorum"] * 4), ("xxxyy", 2, ["differs"] * 2),
        ("xy-", 2, ["no_quorum", "no_quorum", "behind"]), ("x--", 2, ["behind"] * 2), ("xxy", 3, ["no_quorum"] * 3), ("---", 2, ["behind"] * 3),
    ],
)  # fmt: skip
def test_who_is_right_is_who_more_agree_with_and_enough(answers: str, needed: int, statuses: list[str]) -> None:
    given = {f"p{n}": said(None if one == "-" else one) for n, one in enumerate(answers)}

    assert [row["status"] for row in rows("block", given, needed)] == statuses


def test_the_first_difference_is_named_by_its_place() -> None:
    one = [{"gasUsed": "1", "logs": []}, {"gasUsed": "2", "logs": [{"data": "0x01"}]}]

    assert first_difference("receipts", one, [one[0], {"gasUsed": "2", "logs": [{"data": "0x02"}]}]) == (
        "receipts[1].logs[0].data", "0x01", "0x02",
    )  # fmt: skip
    assert first_difference("receipts", one, one[:1]) == ("receipts.length", "2", "1")
