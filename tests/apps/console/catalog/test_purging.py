"""What is given up, over HTTP and on the Versions tab. What goes then is tests/apps/datasets/test_purging.py's."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import pytest

from apps.dags.models import Dag
from apps.datasets.models import Output, Purge
from apps.dispatch import services as dispatch
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
