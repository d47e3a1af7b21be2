"""Plans, ends, failures, retries, heads that move either way, restarts, pauses and changed documents in any order: the ledger is
the chain from its first block to the cursor, each block once.
"""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from apps.dags.models import Dag, DagVersion
from apps.dispatch import services as dispatch
from apps.dispatch.models import Task
from apps.syncing import services
from apps.syncing.models import SyncRange, SyncStream
from tests.apps.dispatch.makers import failed, publish, say
from tests.apps.syncing.makers import Seen, begin, break_down, do, following, job_of, ledger, redeploy, switch, syncing, take
from tests.factories import make_org, make_persona

MOST, LAG = 4, 3


class Moving:
    """The head of a chain that no node would move so wildly: what a gateway may say of one."""

    number = 0

    def head(self, pool: str) -> Seen:
        return Seen(self.number, "0x", timezone.now(), None)


class Chain(RuleBasedStateMachine):
    @initialize(start=st.integers(0, 30), chunk=st.integers(1, 12))
    def a_stream_that_follows_a_head(self, start: int, chunk: int) -> None:
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        self.start, self.chunk, self.head = start, chunk, Moving()
        self.writer = make_persona("writer", org=make_org())
        self.dag = begin(self.writer, syncing(following(start, lag=LAG, age=86_400), chunk=chunk, inflight=MOST))
        active = Dag.objects.select_related("active").get(pk=self.dag.pk).active
        assert active is not None
        self.version: DagVersion = active
        self.held: list[Any] = []
        self.retried = 0

    def teardown(self) -> None:
        if hasattr(self, "savepoint"):
            transaction.set_rollback(True)
            self.savepoint.__exit__(None, None, None)

    @property
    def stream(self) -> SyncStream:
        return SyncStream.objects.defer("covered").get(dag=self.dag)

    @rule(number=st.integers(0, 150))
    def the_head_moves(self, number: int) -> None:
        self.head.number = number
        self.the_loop_looks()

    @rule()
    def the_loop_looks(self) -> None:
        SyncStream.objects.filter(look_at__isnull=False).update(look_at=timezone.now())
        services.follow_heads(self.head, now=timezone.now())
        publish()

    @rule()
    def another_dispatcher_plans_as_well(self) -> None:
        services.take_up_dag(self.dag.pk, now=timezone.now())
        services.look_after_all(now=timezone.now())
        publish()

    @rule(count=st.integers(1, MOST))
    def some_are_claimed(self, count: int) -> None:
        self.held += take(self.stream, count)

    @rule(count=st.integers(1, MOST), backwards=st.booleans())
    def some_are_done(self, count: int, backwards: bool) -> None:
        some = self.held[-count:] if backwards else self.held[:count]
        self.held = [one for one in self.held if one not in some]
        alive = set(Task.objects.filter(status="running", cancel_requested_at=None).values_list("pk", flat=True))
        do([one for one in some if one.task_id in alive])

    @rule(for_good=st.booleans())
    def one_fails(self, for_good: bool) -> None:
        if not self.held:
            return
        one = self.held.pop()
        if for_good:
            break_down([one])
        else:
            say(one, failed(one, retryable=True))
            publish()

    @rule()
    def failures_are_due(self) -> None:
        Task.objects.filter(next_retry_at__isnull=False).update(next_retry_at="2020-01-01T00:00:00Z")
        dispatch.retry_due()
        publish()

    @rule()
    def somebody_retries_what_failed(self) -> None:
        self.retried += len(dispatch.retry_tasks(list(Task.objects.dead().values_list("pk", flat=True))))
        publish()

    @rule()
    def somebody_cancels_one(self) -> None:
        dispatch.cancel_tasks(list(Task.objects.filter(status="queued").values_list("pk", flat=True)[:1]))
        publish()

    @rule()
    def somebody_pauses_or_resumes(self) -> None:
        job = job_of(self.dag)
        if job.paused_at is None:
            dispatch.pause_job(job, now=timezone.now())
        else:
            dispatch.resume_job(job)
        publish()

    @rule()
    def a_restart(self) -> None:
        """Whatever a dispatcher had in its head is gone; what it was told comes again."""
        ids = list(Task.objects.values_list("pk", flat=True))
        services.take_told(services.Told(moved=ids), now=timezone.now())
        publish()

    @rule()
    def a_version_with_the_same_definition(self) -> None:
        redeploy(self.writer, self.dag, self.version.yaml + f"    # {self.dag.versions.count()}\n")

    @rule()
    def the_dag_is_switched_off_and_on(self) -> None:
        switch(self.writer, self.dag, None)
        switch(self.writer, self.dag, self.version)

    @invariant()
    def the_ledger_is_the_chain_each_block_once(self) -> None:
        if not hasattr(self, "dag"):
            return
        found, at = ledger(self.stream), self.start
        for start, end in found:
            assert start == at and end == start + self.chunk - 1
            at = end + 1
        assert self.stream.cursor == at

    @invariant()
    def what_is_counted_is_what_is_there(self) -> None:
        if not hasattr(self, "dag"):
            return
        stream, ranges = self.stream, SyncRange.objects.filter(stream=self.stream)
        states = {state: ranges.filter(state=state).count() for state in ("planned", "done", "failed")}
        assert (stream.ranges, stream.ranges_done, stream.ranges_failed) == (
            sum(states.values()),
            states["done"],
            states["failed"],
        )
        assert (stream.blocks_done, stream.blocks_failed) == (states["done"] * self.chunk, states["failed"] * self.chunk)

    @invariant()
    def a_range_has_one_task_that_lives(self) -> None:
        if not hasattr(self, "dag"):
            return
        starts = list(Task.objects.unfinished().filter(cancel_requested_at=None).values_list("range_start", flat=True))
        assert len(starts) == len(set(starts))

    @invariant()
    def no_more_are_planned_than_may_be_under_way(self) -> None:
        """Those that somebody retried come on top, and wait behind the valve."""
        if not hasattr(self, "dag"):
            return
        assert Task.objects.unfinished().filter(cancel_requested_at=None).count() <= MOST + self.retried
        assert (
            Task.objects.filter(status="running").count()
            <= MOST + Task.objects.filter(cancel_requested_at__isnull=False).count() + self.retried
        )


@pytest.mark.django_db
@pytest.mark.timeout(600)
def test_the_ledger_holds_whatever_happens() -> None:
    run_state_machine_as_test(
        Chain,
        settings=settings(
            max_examples=25, stateful_step_count=25, deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
        ),
    )  # fmt: skip
