"""Streams as people and programs see them, and hold them back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.audit.models import Record
from apps.dags.models import Dag
from apps.syncing.models import SyncStream
from tests.apps.dags.makers import deploy, manual
from tests.apps.dispatch.makers import arm, publish
from tests.apps.syncing.makers import begin, break_down, do, fixed, following, job_of, stream_of, syncing, take
from tests.factories import Persona, sign_in

pytestmark = pytest.mark.django_db


def told(persona: Persona, *, dag: str = "chain") -> Any:
    return Client().get(f"/v1/dags/{dag}/syncs", headers={"Authorization": persona.bearer})


def ask(persona: Persona, what: str, stream: str = "main_blocks") -> Any:
    return Client().post(f"/v1/dags/chain/syncs/{stream}/{what}", headers={"Authorization": persona.bearer})


def page(client: Client, persona: Persona, *, dag: str = "chain") -> str:
    sign_in(client, persona.person)
    return client.get(f"/o/{persona.org.slug}/dags/{dag}").content.decode()


@pytest.fixture
def dag(writer: Persona) -> Dag:
    return begin(writer)


class TestWhatIsTold:
    def test_a_stream_says_how_far_it_is(self, writer: Persona, dag: Dag) -> None:
        do(take(stream_of(dag), 1))
        break_down(take(stream_of(dag), 1))

        (one,) = told(writer).json()["streams"]

        assert (one["name"], one["entrypoint"], one["mode"], one["state"]) == ("main_blocks", "main", "fixed_target", "running")
        assert (one["from_block"], one["cursor"], one["target"], one["head"]) == ("0", "5000", "10000", None)
        assert one["ranges"] == {"planned": 5, "done": 1, "failed": 1, "in_flight": 3}
        assert one["blocks"] == {"done": 1000, "failed": 1000, "in_flight": 3000, "to_plan": 5000}
        assert one["tasks"] == 3

    def test_the_rate_is_that_of_the_last_minutes_and_the_time_left_follows_from_it(self, writer: Persona, dag: Dag) -> None:
        do(take(stream_of(dag), 1))
        SyncStream.objects.update(going_since=timezone.now() - timedelta(seconds=100))

        (one,) = told(writer).json()["streams"]

        assert 9 < one["blocks_per_second"] <= 10
        assert 900 <= one["eta_seconds"] < 1000

    def test_a_paused_stream_has_no_time_left_to_tell(self, writer: Persona, dag: Dag) -> None:
        ask(writer, "pause")

        (one,) = told(writer).json()["streams"]

        assert (one["state"], one["paused"], one["eta_seconds"]) == ("paused", True, None)

    def test_a_dag_without_streams_has_none(self, writer: Persona) -> None:
        arm(writer, manual())

        assert told(writer, dag="ranges").json() == {"dag": "ranges", "streams": []}

    def test_one_that_waits_for_its_head_says_so(self, writer: Persona) -> None:
        begin(writer, syncing(following()))

        (one,) = told(writer).json()["streams"]

        assert (one["state"], one["target"], one["lag"], one["blocks"]["to_plan"]) == ("stalled", None, None, None)
        assert "has not been seen" in one["reason"]

    def test_between_an_activation_and_its_planning_it_is_told_as_well(self, writer: Persona, dag: Dag) -> None:
        SyncStream.objects.all().delete()

        (one,) = told(writer).json()["streams"]

        assert one["reason"] == "It begins in a moment."


class TestHoldingBack:
    def test_pausing_and_resuming_are_done_once_and_logged(self, writer: Persona, dag: Dag) -> None:
        answers = [ask(writer, what).status_code for what in ("pause", "pause", "resume", "resume")]

        assert answers == [200] * 4
        actions = Record.objects.filter(action__startswith="job.").order_by("pk").values_list("action", flat=True)
        assert list(actions) == ["job.pause", "job.resume"]

    def test_the_answer_tells_how_it_stands_then(self, writer: Persona, dag: Dag) -> None:
        (one,) = ask(writer, "pause").json()["streams"]

        assert one["state"] == "paused"

    def test_an_entrypoint_by_its_name_is_all_of_its_streams(self, writer: Persona) -> None:
        begin(writer, syncing(keys=("blocks", "logs")))

        ask(writer, "pause", "main")

        assert {one["state"] for one in told(writer).json()["streams"]} == {"paused"}

    def test_a_stream_that_is_not_there_is_not_found_and_the_answer_says_how_it_is_named(self, writer: Persona, dag: Dag) -> None:
        answer = ask(writer, "pause", "main_logs")

        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_stream")
        assert "name one as `entrypoint_dataset`" in answer.json()["message"]

    def test_a_job_that_is_no_stream_is_none(self, writer: Persona, dag: Dag) -> None:
        arm(writer, manual())

        answer = Client().post("/v1/dags/ranges/syncs/start/pause", headers={"Authorization": writer.bearer})

        assert answer.status_code == 404

    def test_resuming_fills_up_at_once(self, writer: Persona, dag: Dag) -> None:
        claimed = take(stream_of(dag))
        ask(writer, "pause")
        publish()
        do(claimed)

        ask(writer, "resume")
        publish()

        assert stream_of(dag).ranges == 6

    @pytest.mark.parametrize("what", ["pause", "resume"])
    def test_a_reader_holds_nothing_back(self, reader: Persona, dag: Dag, what: str) -> None:
        assert ask(reader, what).status_code == 403

    def test_to_a_stranger_there_is_nothing(self, stranger: Persona, dag: Dag) -> None:
        assert (told(stranger).status_code, ask(stranger, "pause").status_code) == (404, 404)


class TestThePage:
    def test_it_says_in_words_what_the_bar_shows(self, client: Client, writer: Persona, dag: Dag) -> None:
        do(take(stream_of(dag), 1))
        break_down(take(stream_of(dag), 1))

        text = page(client, writer)

        for words in ("1,000 done (10.0 %)", "3,000 in flight", "1,000 failed", "5,000 to do", "1 range: look and retry"):
            assert words in text
        assert "main_blocks: 10.0 % of the blocks are done" in text

    def test_a_dag_without_streams_says_nothing_of_them(self, client: Client, writer: Persona) -> None:
        arm(writer, manual())

        assert 'id="syncs"' not in page(client, writer, dag="ranges")

    def test_a_dag_whose_streams_have_not_begun_says_when_they_do(self, client: Client, writer: Persona) -> None:
        deploy(writer, syncing(), name="chain")

        assert "their streams begin when it is activated" in page(client, writer)

    def test_a_reader_sees_it_and_has_no_button(self, client: Client, reader: Persona, dag: Dag) -> None:
        text = page(client, reader)

        assert 'id="syncs"' in text and f'id="hold-{job_of(dag).pk}"' not in text

    def test_a_writer_pauses_there(self, client: Client, writer: Persona, dag: Dag) -> None:
        page(client, writer)

        answer = client.post(f"/o/{writer.org.slug}/syncs/chain/main_blocks/pause", {"paused": "1"})

        assert answer.status_code == 302
        assert job_of(dag).paused_at is not None
        assert "Resume main_blocks" in page(client, writer)

    def test_the_part_that_refreshes_is_the_same(self, client: Client, writer: Persona, dag: Dag) -> None:
        sign_in(client, writer.person)

        text = client.get(f"/o/{writer.org.slug}/syncs/chain").content.decode()

        assert text.strip().startswith("<trace-live") and 'id="syncs"' in text

    def test_what_is_nearly_all_is_not_said_to_be_all(self, client: Client, writer: Persona) -> None:
        dag = begin(writer, syncing(fixed(0, 10_000), chunk=1, inflight=1))
        SyncStream.objects.filter(pk=stream_of(dag).pk).update(
            blocks=9999, blocks_done=9999, ranges=9999, ranges_done=9999, cursor=9999
        )

        assert "9,999 done (99.9 %)" in page(client, writer)
