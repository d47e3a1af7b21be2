"""Versions and partitions over HTTP and on their pages: listed, compared, and made current again."""

from __future__ import annotations

import re
from typing import Any

import pytest

from apps.dags.models import Dag
from apps.datasets.models import Output, Partition, Version
from apps.dispatch import services as dispatch
from apps.platform.ports.objects import ObjectStore
from tests.apps.dags.makers import activate, deploy
from tests.apps.datasets.conftest import keeping
from tests.apps.datasets.makers import Attempt, begin, completing, parquet_dag, table, whole
from tests.apps.dispatch.conftest import keys, signing_keys
from tests.apps.dispatch.makers import claim, publish, say, tasks_of
from tests.apps.runs.makers import api, browser
from tests.factories import NOON, Persona

__all__ = ["keeping", "keys", "signing_keys"]
pytestmark = pytest.mark.django_db
AT = "/v1/datasets/kept_blocks"


@pytest.fixture
def dag(writer: Persona, data_bucket: ObjectStore) -> Dag:
    """Two partitions; the first was made again, with a row less."""
    made, claimed = begin(writer, parquet_dag(), ranges=(0, 19))
    for one in claimed:
        say(one, completing(one, whole(one, data_bucket)))
    first = next(task for task in tasks_of(made, "leaf") if task.partition_key == "0-9")
    (again,) = dispatch.rerun_tasks([first.pk], alone=False, made_by=None)
    (held,) = claim(again.id)
    say(held, completing(held, Attempt(held, data_bucket, "0-9").write(table(0, 8))))
    publish()
    return made


def ask(persona: Persona, path: str, *, status: int = 200) -> Any:
    answer = api(persona).get(f"{AT}/{path}")
    assert answer.status_code == status, answer.text
    return answer.json()


def test_versions_are_listed(reader: Persona, dag: Dag) -> None:
    (one,) = ask(reader, "versions")["results"]

    assert (one["is_current"], one["partitions"], one["rows"], one["purged_at"]) == (True, 2, 19, None)


def test_partitions_are_listed_as_readers_get_them_and_with_their_history(reader: Persona, dag: Dag) -> None:
    shown = ask(reader, "partitions")["results"]
    assert [(one["partition"], one["number"], one["rows"]) for one in shown] == [("10-19", 1, 10), ("0-9", 2, 9)]

    history = ask(reader, "partitions?partition=0-9&history=true")["results"]
    assert [(one["number"], one["superseded_at"] is None) for one in history] == [(1, False), (2, True)]
    page = ask(reader, "partitions?limit=1")
    assert ask(reader, f"partitions?limit=1&cursor={page['next']}")["results"][0]["partition"] == "0-9"


def test_two_versions_are_compared(reader: Persona, dag: Dag) -> None:
    output = Output.objects.get(dag_id=dag.pk, job="leaf")
    before = output.current
    assert before is not None
    kept = Partition.objects.get(key="10-19")
    changed = [{**column, "type": "int32"} if column["name"] == "block_number" else column for column in before.schema]
    after = Version.objects.create(
        id=kept.pk, output=output, generation=kept.pk, definition_hash="1" * 64, created_at=NOON,
        schema=[*changed, {"name": "more", "type": "string", "nullable": True}],
    )  # fmt: skip
    for key, files in (("0-9", [{"sha256": "other"}]), ("10-19", kept.files), ("20-29", [])):
        Partition.objects.create(
            version=after, key=key, number=1, task_id=kept.task_id, attempt=1, prefix="a/", files=files, rows=1, size_bytes=1,
            manifest_sha256="0" * 64, committed_at=NOON,
        )  # fmt: skip

    told = ask(reader, f"versions/{before.pk}/compare/{after.pk}")

    assert [(one["state"], one["name"]) for one in told["columns"]] == [("changed", "block_number"), ("added", "more")]
    assert {state: keys["first"] for state, keys in told["partitions"].items()} == {
        "added": ["20-29"], "removed": [], "changed": ["0-9"], "same": ["10-19"],
    }  # fmt: skip
    assert told["same_definition"] is False
    page = browser(reader).get(f"/o/{reader.org.slug}/catalog/kept_blocks/compare?before={before.pk}&after={after.pk}").text
    assert "20-29" in page and "in both, with other content" in page
    assert "/versions/" not in page


def test_the_comparison_leads_to_that_of_the_dags_versions(reader: Persona, writer: Persona, dag: Dag) -> None:
    first = Output.objects.get(dag_id=dag.pk, job="leaf").current_id
    assert first is not None
    other = deploy(writer, parquet_dag(seconds=1), name="kept")
    activate(writer, other)
    second = Version.objects.exclude(pk=first).get().pk

    page = browser(reader).get(f"/o/{reader.org.slug}/catalog/kept_blocks/compare?before={first}&after={second}").text

    (address,) = re.findall(r'href="([^"]+/versions/2/diff[^"]+)"', page)
    assert address == f"/o/{reader.org.slug}/dags/kept/versions/2/diff?against=1"
    assert "version 1 → 2" in browser(reader).get(address).text
