"""From a hot table to files, and out of the table: real rows of a real node, real PostgreSQL, real object store."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pyarrow as pa
import pytest
from django.conf import settings
from django.db.models.functions import Now
from django.utils import timezone

from apps.audit.models import Record
from apps.dags.models import Build
from apps.datasets.models import Output, Version
from apps.datasets.services import blocks_in
from apps.datasets.stores import data_store
from apps.dispatch import services
from apps.dispatch.models import Invalidation, Pin, Task
from apps.dispatch.services.moving import MOVED
from apps.lineage.models import Made
from apps.lineage.selectors.holding import stale_by_readings
from apps.outbox.models import Message
from apps.platform.contracts import Claimed, CompletionAnswer
from apps.platform.errors import Conflict
from apps.platform.seam import StalePins, seam
from apps.tables.services import Piece, take_away, taking_away
from operators.sdk.chain.decoding import Form, blocks_table
from operators.sdk.errors import InputError, NotYet, Retry
from operators.sdk.task import Range
from tests.apps.dags.makers import activate, deploy
from tests.apps.datasets.makers import split
from tests.apps.dispatch.conftest import mints
from tests.apps.dispatch.makers import claim_one, publish, say, start, tasks_of
from tests.apps.tables.compacting import (
    TABLES,
    Chain,
    chain_of,
    context_of,
    failed_of,
    pairs,
    read_blocks,
    rows_in,
    status_of,
    taken,
    text,
)
from tests.apps.tables.makers import dataset_of
from tests.factories import Persona
from tests.fixtures.chain import Node, node
from tests.fixtures.data import DataPlane
from tests.waiting import eventually

__all__ = ["mints", "node"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("with_buckets", "mints")]


@pytest.fixture
def chain(writer: Persona, node: Node, plane: DataPlane) -> Chain:
    """Blocks 0 to 30 with transactions and logs, in hot tables."""
    made = chain_of(writer, node, plane)
    node.deployed()
    node.mine(30 - node.head, transfers=2, tokens=2)
    made.follow(0, node.head)
    return made


@pytest.mark.parametrize("name", TABLES)
def test_a_range_goes_from_its_table_to_files_row_by_row(chain: Chain, name: str) -> None:
    chain.do(name, 0, 9)
    chain.do(name, 10, 19)

    assert [piece.key for piece in chain.pieces(name)] == ["0-9", "10-19"]
    assert min(chain.hot_numbers(name)) == 20
    assert chain.read(name) == chain.truth(name)
    assert [(low, high, done) for low, high, _, _, done in chain.ledger(name)] == [(0, 9, True), (10, 19, True)]


@pytest.mark.parametrize("name", TABLES)
def test_files_hold_what_a_backfill_would_have_written(chain: Chain, name: str) -> None:
    """Hot and compacted columns are the same, in types, order and every digit."""
    chain.do(name, 0, 9)

    (piece,) = chain.pieces(name)
    expected = TABLES[name](read_blocks(chain.node, 0, 9), chain.node.chain_id, Form.FILE)
    found = rows_in(piece)
    order = [
        (column, "ascending") for column in ("block_number", "transaction_index", "log_index") if column in expected.column_names
    ]
    assert found.column_names == expected.column_names
    assert [field.type for field in found.schema] == [field.type for field in expected.schema]
    assert found.sort_by(order).equals(expected.cast(found.schema).sort_by(order))


def test_without_the_wish_to_delete_the_rows_stay_and_are_read_once(writer: Persona, node: Node, plane: DataPlane) -> None:
    chain = chain_of(writer, node, plane, deletes=False)
    node.mine(30, transfers=1)
    chain.follow(0, 30)
    chain.do("blocks", 0, 9)

    assert chain.hot_numbers("blocks") == list(range(31))
    assert chain.ledger("blocks") == []
    assert chain.read("blocks") == chain.truth("blocks")


def test_between_commit_and_deletion_every_row_is_read_once(chain: Chain) -> None:
    chain.do("logs", 0, 9, moves=False)
    assert chain.read("logs") == chain.truth("logs")

    publish()
    assert chain.read("logs") == chain.truth("logs")


def test_the_deletion_is_told_once_in_the_activity_of_the_table(chain: Chain) -> None:
    rows = sum(number < 10 for number in chain.hot_numbers("transactions"))
    chain.do("transactions", 0, 9)
    again()

    hot = dataset_of(chain.writer, "hot_transactions")
    (told,) = Record.objects.filter(object_id=str(hot.pk), action="dataset.rows_moved")
    assert (told.actor_name, told.after) == (
        "compaction",
        {"rows": rows, "blocks": "0-9", "partition": str(chain.pieces("transactions")[0].pk)},
    )


def test_a_message_that_comes_twice_deletes_nothing_more(chain: Chain) -> None:
    chain.do("blocks", 0, 9)
    before = chain.ledger("blocks"), chain.hot_numbers("blocks")
    again()

    assert (chain.ledger("blocks"), chain.hot_numbers("blocks")) == before


def test_a_deletion_that_broke_off_goes_on_where_it_stopped(chain: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taking_away, "STEP_ROWS", 3)
    chain.do("logs", 0, 9, moves=False)
    dataset, piece = dataset_of(chain.writer, "hot_logs"), piece_of(chain, "logs")
    steps = []
    while not (gone := take_away(chain.writer.org.pk, dataset.pk, piece, dsn=settings.CONFIG.tables_dsn, go_seconds=0)).is_done:
        # Here a process may have died. Who reads with the pins of before the commit is told to take others.
        steps.append(gone.rows)
        assert chain.read("logs") == chain.truth("logs")
        with pytest.raises(StalePins):
            chain.read("logs", pinned=[])
    publish()

    assert len(steps) > 2 and steps == sorted(steps)
    assert min(chain.hot_numbers("logs")) > 9
    assert chain.read("logs") == chain.truth("logs")


def test_what_was_rewritten_since_the_commit_is_not_deleted(chain: Chain) -> None:
    """Deeper than anybody calls final: nothing of it may be lost."""
    chain.do("blocks", 10, 19, moves=False)
    chain.node.reorg(16)
    chain.follow(15, 30)
    publish()

    # Blocks 10 to 14 are in one step with those that differ.
    assert chain.hot_numbers("blocks") == list(range(31))
    assert chain.ledger("blocks") == []


def test_a_range_that_was_taken_back_is_not_deleted_but_made_again(chain: Chain) -> None:
    chain.do("blocks", 10, 19, moves=False)
    chain.node.reorg(16)
    chain.rewrite(15, 30)
    publish()

    assert chain.hot_numbers("blocks") == list(range(31))
    assert chain.read("blocks") == chain.truth("blocks")
    redo(chain, "blocks")
    assert chain.read("blocks") == chain.truth("blocks")
    assert [n for n in chain.hot_numbers("blocks") if 10 <= n <= 19] == []
    assert [piece.number for piece in chain.pieces("blocks")] == [2]


def test_a_range_that_was_deleted_already_cannot_be_made_again_and_is_told_as_stale(chain: Chain) -> None:
    chain.do("blocks", 10, 19)
    chain.node.reorg(16)
    chain.rewrite(15, 30)
    publish()

    held = redoing(chain, "blocks")
    with pytest.raises(InputError, match="10-19 of hot_blocks were compacted and then deleted"):
        chain.run(held)
    found = seam(chain.pins("blocks"), chain.snapshot("blocks"))
    assert [one.of.key for one in found.stale] == ["10-19"]


def test_a_table_that_is_written_anew_has_again_what_was_compacted_and_deleted(chain: Chain) -> None:
    """As a follower does whose DAG resets what it has made."""
    chain.do("blocks", 0, 9)
    chain.do("blocks", 10, 19)
    chain.rewrite(15, 30)
    assert len(chain.ledger("blocks")) == 2, "of a range that is written in part the rest is gone"

    chain.rewrite(0, 30)
    publish()

    assert chain.ledger("blocks") == []
    assert chain.hot_numbers("blocks") == list(range(31))
    assert chain.read("blocks") == chain.truth("blocks")
    for held in every_redoing(chain, "blocks"):
        taken(held, chain.run(held))
    publish()
    assert chain.hot_numbers("blocks") == list(range(20, 31))
    assert chain.read("blocks") == chain.truth("blocks")


def test_a_second_task_for_a_range_that_was_made_since_its_reorg_finds_it_done(chain: Chain) -> None:
    """As after a reorg in a range that waits for finality: it is told of anew, and each time by a task of its own."""
    first = chain.compact("transactions", 0, 9)
    start(chain.dag, block_range=(0, 9))
    split(chain.dag)
    taken(first, chain.run(first))
    publish()
    assert min(chain.hot_numbers("transactions")) == 10

    (waiting,) = [task for task in tasks_of(chain.dag, "compact_transactions") if task.status == "queued"]
    second = claim_one(waiting.pk)
    taken(second, chain.run(second))

    assert status_of(second).status == "completed"
    assert chain.read("transactions") == chain.truth("transactions")
    assert [piece.key for piece in chain.pieces("transactions")] == ["0-9"]


def test_what_was_compacted_of_blocks_that_do_not_hold_any_more_is_known_to_be_stale(chain: Chain) -> None:
    chain.do("transactions", 0, 9)
    chain.do("transactions", 10, 19)
    version = Output.objects.get(job="compact_transactions").current
    assert version and stale_by_readings(version) == []

    chain.tell_of_reorg(8, 9)
    # In a transaction of its own it would have its own time.
    Invalidation.objects.update(created_at=timezone.now())
    assert [(one.key, one.why, one.reason) for one in stale_by_readings(version)] == [("0-9", "invalidated", "reorg")]


def activated(chain: Chain, document: str) -> Version | None:
    """What readers get of the compacted blocks."""
    activate(chain.writer, deploy(chain.writer, document, name="chain"))
    publish()
    return Output.objects.get(job="compact_blocks").current


def test_a_greater_depth_makes_nothing_anew_of_what_is_gone(chain: Chain) -> None:
    chain.do("blocks", 0, 9)
    before = Output.objects.get(job="compact_blocks").current
    deeper = (
        text().replace("max_reorg_depth: 5", "max_reorg_depth: 9").replace("finality_depth_blocks: 5", "finality_depth_blocks: 9")
    )

    assert activated(chain, deeper) == before
    assert not Build.objects.exists()
    assert chain.read("blocks") == chain.truth("blocks")
    with pytest.raises(NotYet, match="13-22 is not final yet: 9 blocks must lie above it"):
        chain.run(chain.compact("blocks", 13, 22))


def test_rows_are_kept_from_now_on_where_a_version_says_so(chain: Chain) -> None:
    chain.do("blocks", 0, 9)
    before = Output.objects.get(job="compact_blocks").current

    assert activated(chain, text(deletes=False)) == before
    chain.do("blocks", 10, 19)

    assert [piece.key for piece in chain.pieces("blocks")] == ["0-9", "10-19"]
    assert min(chain.hot_numbers("blocks")) == 10
    assert chain.read("blocks") == chain.truth("blocks")


@pytest.mark.parametrize(
    "document",
    [text(chunk=20), text(chunk=20).replace("compact_blocks", "compact_otherwise")],
    ids=["other ranges", "another job in its place"],
)
def test_a_version_that_would_make_anew_what_is_gone_is_refused(chain: Chain, document: str) -> None:
    chain.do("blocks", 0, 9)

    with pytest.raises(Conflict, match="`compact_blocks` has deleted rows of `hot_blocks`") as refused:
        activated(chain, document)
    assert refused.value.code == "rows_are_gone"
    assert chain.read("blocks") == chain.truth("blocks")


def test_a_reorg_while_it_reads_is_not_seen_in_the_middle(chain: Chain) -> None:
    """All that a task reads is of one moment."""
    before = [pair for pair in chain.truth("transactions") if 10 <= pair[0] <= 19]
    hot = context_of(chain.compact("transactions", 10, 19)).hot("hot_transactions")
    assert hot.bounds() == Range(1, 30)
    chain.node.reorg(16)
    chain.follow(15, 30)

    read = [pair for batch in hot.rows(Range(10, 19)) for pair in pairs(pa.Table.from_batches([batch]))]
    assert sorted(read) == before
    assert hot.count(Range(10, 19)) == len(before)
    assert before != [pair for pair in chain.truth("transactions") if 10 <= pair[0] <= 19]


def test_a_commit_of_what_a_reorg_has_replaced_is_followed_by_one_that_is_right(chain: Chain) -> None:
    """The reorg comes between its snapshot and its commit, and its news before the deletion."""
    held = chain.compact("blocks", 10, 19)
    said = chain.run(held)
    chain.node.reorg(16)
    chain.follow(15, 30)
    taken(held, said)
    publish()
    chain.tell_of_reorg(15, 30)
    publish()

    assert chain.hot_numbers("blocks") == list(range(31))
    redo(chain, "blocks")
    assert chain.read("blocks") == chain.truth("blocks")


def test_an_earlier_deletion_that_comes_late_leaves_what_was_made_again(chain: Chain) -> None:
    chain.do("blocks", 10, 19, moves=False)
    late = list(Message.objects.filter(kind=MOVED, state="pending").values_list("payload", flat=True))
    Message.objects.filter(kind=MOVED).delete()
    chain.node.reorg(16)
    chain.rewrite(15, 30)
    publish()
    held = redoing(chain, "blocks")
    taken(held, chain.run(held))
    assert len(late) == 1
    services.move(late[0])

    assert chain.ledger("blocks") == []
    publish()
    assert chain.read("blocks") == chain.truth("blocks")


def test_rows_that_come_to_a_block_after_it_was_compacted_keep_it_in_the_table(chain: Chain, plane: DataPlane) -> None:
    chain.do("logs", 0, 9, moves=False)
    table = plane.table(chain.writer.org.pk, dataset_of(chain.writer, "hot_logs").pk)
    another = f"SELECT jsonb_populate_record(t, jsonb_build_object('log_index', 1000)) AS one FROM {table} AS t WHERE block_number < 10 LIMIT 1"  # noqa: S608
    plane.run(f"INSERT INTO {table} SELECT (one).* FROM ({another}) AS late")  # noqa: S608
    before = chain.hot_rows("logs")
    publish()

    assert chain.hot_rows("logs") == before
    assert chain.ledger("logs") == []


def test_a_range_that_is_not_final_comes_back_without_an_attempt_used_up(chain: Chain) -> None:
    held = chain.compact("blocks", 20, 29)
    with pytest.raises(NotYet) as waits:
        chain.run(held)
    answer = say(held, failed_of(waits.value, held))

    assert isinstance(answer, CompletionAnswer) and answer.status == "failed"
    task = status_of(held)
    assert (task.status, task.failures) == ("failed", 0)
    assert task.next_retry_at is not None
    assert "4 too few" in str(task.error)


def test_an_operator_that_waits_for_ever_has_all_its_attempts_still(chain: Chain) -> None:
    held = chain.compact("blocks", 20, 29)
    for _ in range(6):
        say(held, failed_of(NotYet("not yet", seconds=5), held))
        Task.objects.filter(pk=held.task_id).update(next_retry_at=Now())
        services.retry_due()
        publish()
        held = claim_one(held.task_id)

    assert (held.attempt, status_of(held).failures) == (7, 0)


def test_missing_blocks_are_a_failure_that_says_which(chain: Chain, plane: DataPlane) -> None:
    table = plane.table(chain.writer.org.pk, dataset_of(chain.writer, "hot_blocks").pk)
    plane.run(f"DELETE FROM {table} WHERE block_number IN (3, 7)")  # noqa: S608

    with pytest.raises(Retry, match="2 blocks of 0-9 are missing: 3, 7"):
        chain.run(chain.compact("blocks", 0, 9))


def test_what_was_read_of_the_table_is_kept_with_what_was_made_of_it(chain: Chain) -> None:
    held = chain.do("transactions", 0, 9)

    (pin,) = Pin.objects.of(held.task_id)
    assert pin.version_id == dataset_of(chain.writer, "hot_transactions").output.current_id  # type: ignore[union-attr]
    assert pin.read_rows == chain.pieces("transactions")[0].rows
    made = Made.objects.get(task_id=held.task_id)
    assert [(one.job, one.output, one.rows) for one in made.inputs.filter(job="follow")] == [("follow", 1, pin.read_rows)]


def test_a_follower_that_rewrites_the_tip_meanwhile_costs_nothing(chain: Chain, plane: DataPlane) -> None:
    """Reorgs within the window, one after the other, in another thread, while ranges are compacted and deleted."""
    table, data = chain.table("blocks"), read_blocks(chain.node, 26, 30)
    rows = blocks_table(data, chain.node.chain_id, Form.TABLE)
    done = threading.Event()
    rewritten = []

    def follow() -> None:
        while not done.is_set():
            table.replace(Range(26, 30), rows, key="block_number")
            rewritten.append(1)

    with ThreadPoolExecutor(1) as other:
        following = other.submit(follow)
        for start in range(0, 20, 5):
            chain.do("blocks", start, start + 4)
            assert chain.read("blocks") == chain.truth("blocks")
        done.set()
        following.result()

    assert rewritten
    assert chain.hot_numbers("blocks") == list(range(20, 31))


def test_a_writer_that_holds_the_rows_is_waited_for_and_nothing_is_done_by_halves(chain: Chain, plane: DataPlane) -> None:
    """It has rewritten a block with the same rows when the deletion gets through: looked at again, they are what was compacted."""
    chain.do("blocks", 0, 9, moves=False)
    table = plane.table(chain.writer.org.pk, dataset_of(chain.writer, "hot_blocks").pk)
    with psycopg.connect(plane.dsn()) as other, ThreadPoolExecutor(1) as pool:
        other.execute(f"CREATE TEMPORARY TABLE kept AS SELECT * FROM {table} WHERE block_number = 5")  # noqa: S608
        other.commit()
        other.execute(f"DELETE FROM {table} WHERE block_number = 5")  # noqa: S608
        other.execute(f"INSERT INTO {table} SELECT * FROM kept")  # noqa: S608
        dataset, piece = dataset_of(chain.writer, "hot_blocks"), piece_of(chain, "blocks")
        taking = pool.submit(take_away, chain.writer.org.pk, dataset.pk, piece, dsn=settings.CONFIG.tables_dsn)
        eventually(lambda: waits_for_a_lock(plane), seconds=10)
        other.commit()
        gone = taking.result()

    assert gone.is_done and gone.rows == 10
    publish()
    assert chain.read("blocks") == chain.truth("blocks")


def waits_for_a_lock(plane: DataPlane) -> None:
    assert plane.run("SELECT 1 FROM pg_locks WHERE NOT granted")


def piece_of(chain: Chain, name: str) -> Piece:
    (found,) = chain.pieces(name)
    return Piece(found.pk, found.range_start or 0, found.range_end or 0, blocks_in(found, data_store()))


def again() -> None:
    """Told of a second time."""
    for payload in Message.objects.filter(kind=MOVED).values_list("payload", flat=True):
        services.move(payload)


def every_redoing(chain: Chain, name: str) -> list[Claimed]:
    """The tasks that make ranges again because they do not hold."""
    return [
        claim_one(one.pk)
        for one in tasks_of(chain.dag, f"compact_{name}")
        if one.cause == "invalidation" and one.status == "queued"
    ]


def redoing(chain: Chain, name: str) -> Claimed:
    (held,) = every_redoing(chain, name)
    return held


def redo(chain: Chain, name: str) -> None:
    held = redoing(chain, name)
    taken(held, chain.run(held))
    publish()
