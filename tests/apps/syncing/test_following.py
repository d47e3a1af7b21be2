"""Ranges of a chain that goes on, behind the head of a real node."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.syncing.models import SyncStream
from tests.apps.syncing.makers import Heads, begin, do, following, ledger, look, stream_of, syncing, take
from tests.factories import Persona
from tests.fixtures.chain import Node

pytestmark = pytest.mark.django_db


@pytest.fixture
def heads(node: Node) -> Heads:
    return Heads(node)


def test_nothing_is_planned_before_the_head_was_seen_and_the_reason_says_so(writer: Persona) -> None:
    stream = stream_of(begin(writer, syncing(following())))

    assert ledger(stream) == []
    assert stream.state == "stalled"
    assert "has not been seen in pool `standard` yet" in stream.reason
    assert "no TRACE_GATEWAY_TOKEN" in stream.reason


def test_only_whole_ranges_behind_the_head_are_planned(writer: Persona, heads: Heads) -> None:
    heads.node.mine(34)
    stream = stream_of(begin(writer, syncing(following(lag=5), chunk=10, inflight=10)))

    look(heads)

    # Up to block 29, which is 5 behind block 34: 30 blocks, three whole ranges.
    assert ledger(stream) == [(0, 9), (10, 19), (20, 29)]
    stream = stream_of(stream.dag)
    assert (stream.state, stream.target, stream.head_number) == ("running", 30, 34)


def test_the_range_at_the_head_waits_until_it_is_whole(writer: Persona, heads: Heads) -> None:
    heads.node.mine(18)
    dag = begin(writer, syncing(following(), chunk=10, inflight=10))
    look(heads)
    before = ledger(stream_of(dag))
    do(take(stream_of(dag)))
    said = stream_of(dag).reason

    heads.node.mine(1)
    look(heads)

    assert before == [(0, 9)]
    assert "when block 19 is 0 behind the head, which is at 18" in said
    assert ledger(stream_of(dag)) == [(0, 9), (10, 19)]


def test_a_head_that_goes_backwards_plans_nothing_twice(writer: Persona, heads: Heads) -> None:
    snapshot = heads.node.snapshot()
    heads.node.mine(29)
    dag = begin(writer, syncing(following(), chunk=10, inflight=10))
    look(heads)
    do(take(stream_of(dag)))
    before = ledger(stream_of(dag))

    heads.node.revert(snapshot)
    heads.node.mine(4)
    look(heads)
    back = stream_of(dag)
    heads.node.mine(36)
    look(heads)

    assert before == [(0, 9), (10, 19), (20, 29)]
    assert (back.head_number, back.cursor, back.ranges) == (4, 30, 3)
    assert ledger(stream_of(dag)) == [*before, (30, 39)]


def test_an_old_head_stalls_the_stream_until_a_new_one_is_seen(writer: Persona, heads: Heads) -> None:
    heads.node.mine(40)
    dag = begin(writer, syncing(following(age=20), chunk=10, inflight=1))
    heads.seen_at = timezone.now() - timedelta(seconds=21)
    look(heads)
    old = stream_of(dag)
    heads.seen_at = None

    look(heads)

    assert (old.state, old.ranges) == ("stalled", 0)
    assert "`max_head_age_seconds` is 20" in old.reason
    assert (stream_of(dag).state, stream_of(dag).ranges) == ("running", 1)


def test_a_gateway_that_is_silent_stalls_the_stream_once_the_head_is_too_old(writer: Persona, heads: Heads) -> None:
    heads.node.mine(40)
    dag = begin(writer, syncing(following(age=20), chunk=10, inflight=1))
    look(heads)
    heads.silent = True
    look(heads)
    fresh = stream_of(dag)
    SyncStream.objects.update(head_seen_at=timezone.now() - timedelta(seconds=60))

    do(take(stream_of(dag)))

    stale = stream_of(dag)
    assert fresh.state == "running"
    assert (stale.state, stale.ranges) == ("stalled", 1)
    assert "no provider of pool standard answers" in stale.reason


def test_an_answer_that_is_older_than_what_is_known_is_not_taken(writer: Persona, heads: Heads) -> None:
    heads.node.mine(20)
    dag = begin(writer, syncing(following(), chunk=10))
    look(heads)
    heads.node.mine(10)
    heads.seen_at = timezone.now() - timedelta(seconds=10)

    look(heads)

    assert stream_of(dag).head_number == 20


def test_a_pool_is_asked_once_for_all_streams_that_follow_it(writer: Persona, heads: Heads) -> None:
    begin(writer, syncing(following(), keys=("blocks", "logs", "transactions")))

    look(heads)

    assert heads.asked == 1


def test_a_stream_that_is_switched_off_is_not_asked_for(writer: Persona, heads: Heads) -> None:
    from tests.apps.syncing.makers import switch

    dag = begin(writer, syncing(following()))

    switch(writer, dag, None)
    look(heads)

    assert heads.asked == 0
    assert SyncStream.objects.get().job_id is None
