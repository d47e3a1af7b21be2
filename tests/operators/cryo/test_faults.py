"""What providers answer that is not so: found before anything is published, asked for again, and told apart from what never passes."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from operators.cryo_ingest.cryo_engine import CryoEngine
from operators.cryo_ingest.cryo_process import Failed, run_cryo
from operators.cryo_ingest.operator import CryoIngest, best_engine
from operators.cryo_ingest.own import OwnEngine
from operators.sdk.chain.asking import Stopped
from operators.sdk.errors import ConfigurationError, Retry
from operators.sdk.task import Range
from tests.fixtures.chain import Node
from tests.operators.cryo.makers import Lying, Otherwise, asked_for, fetched, relay

ENGINES = [OwnEngine, CryoEngine]


def answering(method: str, made: Callable[[Any], Any]) -> Lying:
    def lie(asked: str, params: Sequence[Any], result: Any) -> Any:
        del params
        return made(result) if asked == method and result else result

    return lie


def only_at_first(lie: Lying) -> Lying:
    """The truth after the first time that it would have lied."""
    told: list[bool] = []

    def lies(method: str, params: Sequence[Any], result: Any) -> Any:
        try:
            said = result if told else lie(method, params, result)
        except Otherwise:
            told.append(True)
            raise
        if said != result:
            told.append(True)
        return said

    return lies


def of_another_block(one: dict[str, Any]) -> dict[str, Any]:
    return {**one, "blockHash": "0x" + "ab" * 32}


WRONG: dict[str, tuple[str, Lying, str]] = {
    "null receipts": ("transactions", answering("eth_getBlockReceipts", lambda _: None), "0 receipts were answered"),
    "a receipt less": ("transactions", answering("eth_getBlockReceipts", lambda said: said[:-1]), "receipts were answered"),
    "receipts of another fork": (
        "transactions", answering("eth_getBlockReceipts", lambda said: [of_another_block(one) for one in said]), "another fork",
    ),
    "a null block": ("blocks", answering("eth_getBlockByNumber", lambda _: None), "answered as nothing"),
    "another block": ("blocks", answering("eth_getBlockByNumber", lambda said: {**said, "number": "0x1"}), "was answered where"),
    "a block of another fork": (
        "blocks", answering("eth_getBlockByNumber", lambda said: {**said, "hash": "0x" + "cd" * 32}), "another fork",
    ),
    "a log missing": ("logs", answering("eth_getLogs", lambda said: said[1:]), "is missing, or came twice"),
    "all logs of a block missing": (
        "logs", answering("eth_getLogs", lambda said: [one for one in said if one["blockHash"] != said[-1]["blockHash"]]), "its bloom says so",
    ),
    "a log twice": ("logs", answering("eth_getLogs", lambda said: [*said, said[-1]]), "is missing, or came twice"),
    "no logs at all": ("logs", answering("eth_getLogs", lambda _: []), "its bloom says so"),
    "logs of another fork": ("logs", answering("eth_getLogs", lambda said: [of_another_block(one) for one in said]), "another fork"),
    "null logs": ("logs", answering("eth_getLogs", lambda _: None), "answered as nothing"),
    "traces of another fork": ("traces", answering("trace_block", lambda said: [of_another_block(one) for one in said]), "fork"),
    "a trace missing": ("traces", answering("trace_block", lambda said: said[:-1]), "traces of"),
    "null traces": ("traces", answering("trace_block", lambda _: None), "answered as nothing"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_does_not_belong_together_is_never_published(chain: Node, case: str) -> None:
    dataset, lie, words = WRONG[case]
    with relay(chain, lie) as rpc:
        task = asked_for(rpc, dataset, Range(3, chain.head))
        with pytest.raises(Retry, match=words):
            CryoIngest(OwnEngine).run(task)
    assert task.store.published == []


@pytest.mark.parametrize("case", WRONG)
def test_what_was_wrong_once_is_asked_for_again(chain: Node, case: str) -> None:
    dataset, lie, _ = WRONG[case]
    within = Range(3, chain.head)
    with relay(chain, only_at_first(lie)) as rpc:
        task = fetched(rpc, dataset, within, choose=OwnEngine)

    truth = fetched(chain.rpc, dataset, within, choose=OwnEngine)
    assert task.store.manifest(0, within).files == truth.store.manifest(0, within).files
    assert task.metrics["repeated_requests"] >= 1


@pytest.mark.parametrize("case", [one for one, (dataset, *_) in WRONG.items() if dataset == "traces"])
def test_cryos_own_rows_are_held_against_the_chain(chain: Node, case: str) -> None:
    """Null traces make it give up, and the others it believes."""
    dataset, lie, _ = WRONG[case]
    with relay(chain, lie) as rpc:
        task = asked_for(rpc, dataset, Range(3, chain.head))
        with pytest.raises(Retry, match="in 3 runs"):
            CryoIngest(CryoEngine).run(task)
    assert task.store.published == []


@pytest.mark.parametrize("choose", ENGINES)
@pytest.mark.parametrize("dataset", ["blocks", "transactions", "logs", "traces"])
def test_pieces_of_two_chains_are_never_one_partition(dataset: str, choose: type) -> None:
    """Two providers behind one address, each with a chain of its own: cryo alone writes rows of both without a word."""
    one, two = Node(), Node()
    try:
        for number, node in enumerate((one, two)):
            node.start()
            node.ask("evm_setNextBlockTimestamp", 2_000_000_000 + number)
            node.mine(60, transfers=1, tokens=1)
        within = Range(0, min(one.head, two.head))
        with relay(one, lambda _, __, result: result, other=two, flaps=True) as rpc:
            task = asked_for(rpc, dataset, within, chunk_size=20)
            try:
                CryoIngest(choose).run(task)
            except Retry:
                assert task.store.published == []
                return
        # By chance each piece came of one: then all are.
        made = task.store.read(0, within)
        assert any(
            made.equals(fetched(node.rpc, dataset, within, chunk_size=20, choose=OwnEngine).store.read(0, within))
            for node in (one, two)
        )
    finally:
        one.stop()
        two.stop()


@pytest.mark.parametrize(
    ("dataset", "method"), [("transactions", "eth_getBlockReceipts"), ("traces", "trace_block"), ("logs", "eth_getLogs")]
)
def test_a_node_that_cannot_is_named_with_what_it_cannot(chain: Node, dataset: str, method: str) -> None:
    def refuse(asked: str, _: Sequence[Any], result: Any) -> Any:
        if asked == method:
            raise Otherwise(error={"code": -32601, "message": "Method not found"})
        return result

    with (
        relay(chain, refuse) as rpc,
        pytest.raises(ConfigurationError, match=rf"cannot answer {method}: its node says Method not found"),
    ):
        fetched(rpc, dataset, Range(0, 5), choose=OwnEngine)


@pytest.mark.parametrize("choose", ENGINES)
def test_too_many_requests_said_as_text_are_waited_out(chain: Node, choose: type) -> None:
    def busy(method: str, _: Sequence[Any], result: Any) -> Any:
        if method == "trace_block":
            raise Otherwise(status=429, body="Too Many Requests")
        return result

    within = Range(0, chain.head)
    with relay(chain, only_at_first(busy)) as rpc:
        task = fetched(rpc, "traces", within, choose=choose)
    assert task.store.read(0, within).equals(fetched(chain.rpc, "traces", within).store.read(0, within))
    assert task.waits


def test_a_provider_that_gives_so_many_logs_at_once_is_asked_for_fewer_blocks(chain: Node) -> None:
    def stingy(method: str, params: Sequence[Any], result: Any) -> Any:
        if method == "eth_getLogs" and len(result) > 10 and params[0]["fromBlock"] != params[0]["toBlock"]:
            raise Otherwise(error={"code": -32005, "message": "query returned more than 10 results"})
        return result

    within = Range(0, chain.head)
    with relay(chain, stingy) as rpc:
        task = fetched(rpc, "logs", within, chunk_size=100)
    truth = fetched(chain.rpc, "logs", within, chunk_size=100)
    assert task.store.manifest(0, within).files == truth.store.manifest(0, within).files


def test_a_dataset_that_cryo_alone_has_needs_a_worker_with_cryo(chain: Node) -> None:
    with pytest.raises(ConfigurationError, match="vm_traces is fetched by cryo alone, which is not installed"):
        fetched(chain.rpc, "vm_traces", Range(0, 1), choose=partial(best_engine, has_cryo=False))


def test_traces_need_no_cryo(chain: Node) -> None:
    within = Range(0, chain.head)
    ours = fetched(chain.rpc, "traces", within, choose=partial(best_engine, has_cryo=False))
    assert ours.store.read(0, within).equals(fetched(chain.rpc, "traces", within).store.read(0, within))


def test_what_cryo_refuses_is_no_matter_of_another_attempt(chain: Node) -> None:
    with pytest.raises(ConfigurationError, match="cryo refuses erc20_approvals"):
        fetched(chain.rpc, "erc20_approvals", Range(0, 1))


@pytest.fixture
def silent() -> Any:
    """Takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def order(url: str, folder: Path) -> dict[str, Any]:
    return {"dataset": "blocks", "asked": {"blocks": ["0:5"], "rpc": url, "output_dir": str(folder)}}


def test_a_request_that_is_never_answered_ends_with_the_time_that_it_has(silent: str, tmp_path: Path) -> None:
    with pytest.raises(Failed, match="some request was never answered"):
        run_cryo(order(silent, tmp_path), is_cancelled=lambda: False, timeout_seconds=2)
    assert not children()


def test_a_cancelled_task_ends_the_process_of_cryo(silent: str, tmp_path: Path) -> None:
    seen: list[list[int]] = []

    def is_cancelled() -> bool:
        seen.append(children())
        return len(seen) > 3

    with pytest.raises(Stopped):
        run_cryo(order(silent, tmp_path), is_cancelled=is_cancelled)
    assert seen[0]
    assert not children()


def children() -> list[int]:
    """Of this process; those that ended and were not waited for too."""
    found = []
    for one in Path("/proc").iterdir():
        if one.name.isdigit():
            try:
                fields = (one / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == os.getpid() and "cryo_child" in (one / "cmdline").read_text():
                found.append(int(one.name))
    return found
