"""What is given up, over HTTP and on the Versions tab. What goes then is tests/apps/datasets/test_purging.py's."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.db.models.functions import Now

from apps.audit.models import Record
from apps.dags.models import Dag
from apps.datasets.models import Output, Purge
from apps.dispatch import services as dispatch
from apps.dispatch.services import purging
from apps.outbox import services as outbox
from apps.outbox.domain import State
from apps.outbox.models import Message
from apps.platform.errors import Permanent, Transient
from apps.platform.ports.objects import ObjectStore
from tests.apps.datasets.conftest import keeping
from tests.apps.datasets.makers import begin, completing, parquet_dag, whole
from tests.apps.dispatch.conftest import keys, signing_keys
from tests.apps.dispatch.makers import claim, publish, say, tasks_of
from tests.apps.runs.makers import api, browser, post
from tests.factories import Persona

__all__ = ["keeping", "keys", "signing_keys"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def dag(writer: Persona, data_bucket: ObjectStore) -> Dag:
    """One partition, made twice."""
    made, claimed = begin(writer, parquet_dag(), ranges=(0, 9))
    say(claimed[0], completing(claimed[0], whole(claimed[0], data_bucket)))
    (again,) = dispatch.rerun_tasks([tasks_of(made, "leaf")[0].pk], alone=False, made_by=None)
    (held,) = claim(again.id)
    say(held, completing(held, whole(held, data_bucket)))
    publish()
    return made


def ask(persona: Persona, *, status: int = 202, **body: Any) -> Any:
    answer = post(persona, "/v1/datasets/kept_blocks/purges", body)
    assert answer.status_code == status, answer.text
    return answer.json()


def test_a_dry_run_says_what_goes_and_changes_nothing(admin: Persona, dag: Dag) -> None:
    told = ask(admin, superseded=True, dry_run=True, status=200)

    assert told["purge"] is None and (told["going"]["partitions"], told["going"]["objects"], told["going"]["rows"]) == (1, 3, 10)
    assert not Purge.objects.exists()


def test_it_is_begun_and_listed(admin: Persona, dag: Dag) -> None:
    begun = ask(admin, superseded=True)["purge"]

    (listed,) = api(admin).get("/v1/datasets/kept_blocks/purges").json()["results"]
    assert (listed["id"], listed["begun_by"], listed["done_at"]) == (begun["id"], admin.person.email, None)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422), ({"version": "x"}, 400), ({"version": "00000000-0000-4000-8000-000000000000"}, 404),
        ({"superseded": True, "older_than_days": -1}, 422), ({"superseded": True, "older_than_days": 5}, 409), ({"all": True}, 400),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(admin: Persona, dag: Dag, body: dict[str, Any], status: int) -> None:
    ask(admin, status=status, **body)


def test_what_readers_get_is_refused(admin: Persona, dag: Dag) -> None:
    version = str(Output.objects.get(dag_id=dag.pk, job="leaf").current_id)

    assert ask(admin, version=version, dry_run=True, status=409)["code"] == "version_is_read"


def test_only_admins_may(writer: Persona, stranger: Persona, dag: Dag) -> None:
    ask(writer, superseded=True, status=403)
    ask(stranger, superseded=True, status=404)


def test_the_page_shows_first_what_goes_and_then_how_far_it_is(admin: Persona, writer: Persona, dag: Dag) -> None:
    pages, at = browser(admin), f"/o/{admin.org.slug}/catalog/kept_blocks"
    assert "See what goes" in pages.get(f"{at}?tab=versions").text
    assert "See what goes" not in browser(writer).get(f"{at}?tab=versions").text

    asked = pages.get(f"{at}/purging?superseded=1&days=0").text
    assert "Purge for good" in asked
    answer = pages.post(f"{at}/purge", {"superseded": "1", "days": "0", "version": "", "before": shown(asked)})

    assert answer.status_code == 302 and answer["Location"].endswith("?tab=versions")
    assert "Under way" in pages.get(answer["Location"]).text


def shown(page: str) -> str:
    (before,) = re.findall(r'name="before" value="([^"]+)"', page)
    return str(before)


def test_days_do_not_go_with_a_whole_version(admin: Persona, dag: Dag) -> None:
    version = str(Output.objects.get(dag_id=dag.pk, job="leaf").current_id)

    assert ask(admin, version=version, older_than_days=30, status=422)["code"] == "days_of_what"
    at = f"/o/{admin.org.slug}/catalog/kept_blocks"
    assert "goes whole" in browser(admin).get(f"{at}/purging?version={version}&days=30", follow=True).text


def test_what_was_superseded_since_it_was_shown_stays(admin: Persona, dag: Dag) -> None:
    pages, at = browser(admin), f"/o/{admin.org.slug}/catalog/kept_blocks"
    before = shown(pages.get(f"{at}/purging?superseded=1&days=0").text)
    form = {"superseded": "1", "days": "0"}

    assert "Look at what goes first" in pages.post(f"{at}/purge", form, follow=True).text
    assert not Purge.objects.exists()

    pages.post(f"{at}/purge", form | {"before": before})

    assert Purge.objects.get().before == datetime.fromisoformat(before)


def test_a_form_that_says_nothing_comes_back_with_words(admin: Persona, dag: Dag) -> None:
    at = f"/o/{admin.org.slug}/catalog/kept_blocks"

    assert "whole number" in browser(admin).get(f"{at}/purging?superseded=1&days=x", follow=True).text
    assert "Name a version" in browser(admin).get(f"{at}/purging", follow=True).text


class TestOneThatDoesNotGoOn:
    """Its effect fails, as it would while the object store is away, or because of a bug."""

    @pytest.fixture
    def begun(self, admin: Persona, dag: Dag) -> str:
        return str(ask(admin, superseded=True)["purge"]["id"])

    def fail(self, monkeypatch: pytest.MonkeyPatch, error: Exception, *, times: int = 1) -> None:
        def away(*_: object) -> None:
            raise error

        with monkeypatch.context() as broken:
            broken.setattr(purging, "_bite", away)
            for _ in range(times):
                outbox.publish_batch(settings.CONFIG)
                Message.objects.filter(kind=purging.PURGE, state=State.PENDING).update(due_at=Now())
        Message.objects.filter(kind=purging.PURGE, state=State.PENDING).update(due_at=Now() + timedelta(minutes=4))

    def listed(self, admin: Persona) -> dict[str, Any]:
        (listed,) = api(admin).get("/v1/datasets/kept_blocks/purges").json()["results"]
        return dict(listed)

    def retry(self, admin: Persona, begun: str, *, status: int = 202) -> Any:
        answer = post(admin, f"/v1/datasets/kept_blocks/purges/{begun}/retry", {})
        assert answer.status_code == status, answer.text
        return answer.json()

    def test_says_why_it_waits_and_when_it_is_tried_again(
        self, admin: Persona, begun: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.fail(monkeypatch, Transient("The object store does not answer."))
        since = self.listed(admin)["since"]
        self.fail(monkeypatch, Transient("The object store does not answer."))

        told = self.listed(admin)
        assert (told["id"], told["state"], told["why"]) == (begun, "waiting", "The object store does not answer.")
        assert since and told["since"] == since and told["next_try_at"]

    def test_says_that_it_failed_when_nobody_tries_again(
        self, admin: Persona, begun: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.fail(monkeypatch, RuntimeError("postgres://user:secret@host"), times=settings.CONFIG.outbox_max_attempts)

        told = self.listed(admin)
        assert (told["id"], told["state"], told["next_try_at"]) == (begun, "failed", None)
        assert told["since"] and told["why"] == "It failed unexpectedly (RuntimeError)."

    @pytest.mark.parametrize("times", [1, settings.CONFIG.outbox_max_attempts])
    def test_goes_on_when_somebody_tries_again(
        self, admin: Persona, begun: str, monkeypatch: pytest.MonkeyPatch, times: int
    ) -> None:
        self.fail(monkeypatch, RuntimeError(), times=times)
        monkeypatch.setattr(purging, "_ALL_CAN_BE_SEEN", "SELECT %(begun_in)s IS NOT NULL")

        assert self.retry(admin, begun)["state"] == "waiting"
        publish()

        told = self.listed(admin)
        assert (told["state"], told["why"], told["since"], told["partitions"]) == ("done", "", None, 1)
        assert Record.objects.filter(action="dataset.purge_again").count() == 1
        assert self.retry(admin, begun, status=409)["code"] == "purge_done"

    def test_whose_message_is_gone_gets_another(self, admin: Persona, begun: str, monkeypatch: pytest.MonkeyPatch) -> None:
        Message.objects.all().delete()
        monkeypatch.setattr(purging, "_ALL_CAN_BE_SEEN", "SELECT %(begun_in)s IS NOT NULL")
        assert self.listed(admin)["state"] == "failed"

        self.retry(admin, begun)
        publish()

        assert self.listed(admin)["state"] == "done"

    def test_is_left_to_whom_has_it_in_hand(self, admin: Persona, begun: str) -> None:
        claimed = Message.objects.filter(kind=purging.PURGE)
        claimed.update(due_at=Now() + timedelta(seconds=settings.CONFIG.outbox_claim_seconds))
        (before,) = claimed.values_list("due_at", flat=True)

        assert self.retry(admin, begun)["state"] == "running"

        assert list(claimed.values_list("due_at", flat=True)) == [before]

    def test_has_a_button_on_the_page(self, admin: Persona, begun: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.fail(monkeypatch, Permanent("The bucket is gone."), times=settings.CONFIG.outbox_max_attempts)
        pages, at = browser(admin), f"/o/{admin.org.slug}/catalog/kept_blocks"
        page = pages.get(f"{at}?tab=versions").text
        assert "The bucket is gone." in page and "Under way" not in page

        answer = pages.post(f"{at}/purges/{begun}/retry", follow=True)

        assert "It is tried again now" in answer.text
        assert Message.objects.get(kind=purging.PURGE).state == State.PENDING
        assert "There is no such purge" in pages.post(f"{at}/purges/{uuid4()}/retry", follow=True).text
