"""Run events as an endpoint gets them: each valid against the published schemas, and nobody waits for an endpoint that is away."""

from __future__ import annotations

import dataclasses
import json
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from django.conf import settings
from django.test import override_settings
from django.utils import timezone
from referencing import Registry, Resource

from apps.dags.models import Dag
from apps.datasets.models import Partition, Version
from apps.lineage.models import ColumnEdge, OutputColumns, RunEvent
from apps.lineage.services import forget_given_up, send_due
from apps.lineage.services.sending import GIVE_UP_AFTER, KEEP_GIVEN_UP
from apps.outbox.models import Message
from apps.platform.ports.objects import ObjectStore
from operators.sdk.words import Derivation
from tests.apps.datasets.makers import begin, leaves, parquet_dag
from tests.apps.dispatch.makers import failed, publish, say
from tests.apps.lineage.makers import do, make_partitions, pin
from tests.factories import NOON, Persona

pytestmark = pytest.mark.django_db
SCHEMAS = {
    schema["$id"]: schema
    for path in sorted(Path(__file__).with_name("openlineage").glob("*.json"))
    for schema in [json.loads(path.read_text())]
}
REGISTRY: Registry[Any] = Registry().with_resources((address, Resource.from_contents(one)) for address, one in SCHEMAS.items())


@dataclass
class Endpoint:
    """`status`: what it answers to each call, in turn; then 201."""

    url: str = ""
    status: list[int] = field(default_factory=list)
    words: bytes = b""
    got: list[dict[str, Any]] = field(default_factory=list)
    keys: set[str | None] = field(default_factory=set)

    def of_kind(self, kind: str) -> list[dict[str, Any]]:
        return [one for one in self.got if one["eventType"] == kind]


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    told = Endpoint()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            told.keys.add(self.headers["Authorization"])
            self.send_response(told.status.pop(0) if told.status else 201)
            self.send_header("Content-Length", str(len(told.words)))
            self.end_headers()
            with suppress(ConnectionError):
                self.wfile.write(told.words)

        def log_message(self, *_: object) -> None:
            """Nothing: it would be written between the lines of the tests."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    told.url = f"http://127.0.0.1:{server.server_port}/api/v1/lineage"
    config = dataclasses.replace(settings.CONFIG, openlineage_url=told.url, openlineage_key="the-key-of-it")
    with override_settings(CONFIG=config):
        yield told
    server.shutdown()
    server.server_close()


def send() -> None:
    while send_due(settings.CONFIG).count:
        pass


def check(event: dict[str, Any]) -> None:
    """Against the schema that it names itself, and each facet against its own."""
    _validate(event, event["schemaURL"])
    for facet in _facets(event):
        _validate(facet, facet["_schemaURL"])


def _validate(value: dict[str, Any], address: str) -> None:
    assert address.partition("#")[0] in SCHEMAS, address
    validator = jsonschema.Draft202012Validator({"$ref": address}, registry=REGISTRY, format_checker=jsonschema.FormatChecker())
    validator.validate(value)


def _facets(value: object) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if "_schemaURL" in value:
            yield value
        for part in value.values():
            yield from _facets(part)
    if isinstance(value, list):
        for part in value:
            yield from _facets(part)


@pytest.fixture
def told(endpoint: Endpoint, writer: Persona, data_bucket: ObjectStore) -> Endpoint:
    """Everything that a run said, with columns that are traced, and an attempt that was pinned."""
    dag, claimed = begin(writer, parquet_dag(), ranges=(0, 9))
    of = OutputColumns.objects.get(job="leaf")
    ColumnEdge.objects.create(of=of, column="*", source_dataset="hot_blocks", source_column="*", derivation=Derivation.IDENTITY)
    ColumnEdge.objects.create(
        of=of, column="", source_dataset="hot_blocks", source_column="author", derivation=Derivation.INDIRECT
    )
    do(claimed, data_bucket)
    (later,) = leaves(dag, (10, 19))
    pin(later, Partition.objects.get(key="0-9"))
    do([later], data_bucket)
    (broken,) = leaves(dag, (20, 29))
    say(broken, failed(broken, retryable=False, words="it broke"))
    publish()
    send()
    return endpoint


def test_every_event_is_valid_against_the_published_schemas(told: Endpoint) -> None:
    assert {one["eventType"] for one in told.got} == {"START", "COMPLETE", "FAIL"}
    for event in told.got:
        check(event)
    names = {name for event in told.got for name in _facet_names(event)}
    assert names >= {
        "schema", "columnLineage", "outputStatistics", "inputStatistics", "dataQualityMetrics", "parent", "processing_engine",
        "errorMessage", "jobType", "version",
    }  # fmt: skip


def _facet_names(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (name for name, part in value.items() if isinstance(part, dict) and "_schemaURL" in part)
        for part in value.values():
            yield from _facet_names(part)
    if isinstance(value, list):
        for part in value:
            yield from _facet_names(part)


def test_a_check_of_ours_finds_what_is_wrong(told: Endpoint) -> None:
    event = told.of_kind("COMPLETE")[0]

    for wrong in (event | {"eventType": "DONE"}, event | {"run": {"runId": "1"}}, event | {"job": {"name": "x"}}):
        with pytest.raises(jsonschema.ValidationError):
            check(wrong)


def test_an_attempt_begins_before_it_ends_in_one_run(told: Endpoint) -> None:
    ends = [one for one in told.got if one["eventType"] != "START"]

    for end in ends:
        kinds = [one["eventType"] for one in told.got if one["run"]["runId"] == end["run"]["runId"]]
        assert kinds == ["START", end["eventType"]]


def test_what_was_made_and_read_is_named_as_the_catalog_does(told: Endpoint, writer: Persona) -> None:
    end = next(one for one in told.of_kind("COMPLETE") if one["inputs"] and one["inputs"][0]["name"] == "kept_blocks")
    (output,) = end["outputs"]

    assert (output["namespace"], output["name"]) == (f"trace:{writer.org.slug}", "kept_blocks")
    assert output["outputFacets"]["outputStatistics"]["rowCount"] == 10
    lineage = output["facets"]["columnLineage"]
    assert lineage["fields"]["value"]["inputFields"][0]["field"] == "value"
    assert lineage["dataset"][0]["transformations"] == [{"type": "INDIRECT"}]
    assert end["inputs"][0]["inputFacets"]["inputStatistics"]["rowCount"] == 10


def test_a_failure_says_why(told: Endpoint) -> None:
    (end,) = told.of_kind("FAIL")

    assert end["run"]["facets"]["errorMessage"]["message"] == "it broke"


def test_the_key_goes_with_it(told: Endpoint) -> None:
    assert told.keys == {"Bearer the-key-of-it"}


def test_told_of_it_is_forgotten(told: Endpoint) -> None:
    assert not RunEvent.objects.exists()


def test_without_an_endpoint_nobody_is_told_and_nothing_is_put(writer: Persona, data_bucket: ObjectStore) -> None:
    make_partitions(writer, data_bucket)

    assert not RunEvent.objects.exists()
    assert not Message.objects.filter(kind="tell_runs").exists()


class TestAnEndpointThatIsAway:
    @pytest.fixture
    def dag(self, endpoint: Endpoint, writer: Persona, data_bucket: ObjectStore) -> Dag:
        return make_partitions(writer, data_bucket, ranges=(0, 9))

    def test_tasks_and_the_outbox_do_not_notice(self, dag: Dag, endpoint: Endpoint) -> None:
        """They were published before anything was sent."""
        assert endpoint.got == []
        assert Partition.objects.count() == 1
        assert RunEvent.objects.exists()

    @pytest.mark.parametrize("status", [500, 503, 429, 401, 403, 404, 302])
    def test_it_is_asked_once_and_then_left_alone(self, dag: Dag, endpoint: Endpoint, status: int) -> None:
        endpoint.status = [status]
        waiting = RunEvent.objects.count()

        sent = send_due(settings.CONFIG)

        assert (sent.is_away, len(endpoint.got), RunEvent.objects.count()) == (True, 1, waiting)
        assert send_due(settings.CONFIG).count == 0
        assert len(endpoint.got) == 1
        assert f"HTTP {status}" in RunEvent.objects.order_by("pk")[0].error

    def test_nobody_listens(self, dag: Dag, endpoint: Endpoint) -> None:
        config = dataclasses.replace(settings.CONFIG, openlineage_url="http://127.0.0.1:1/")

        assert send_due(config).is_away

    def test_what_it_will_never_take_does_not_hold_back_the_others(self, dag: Dag, endpoint: Endpoint) -> None:
        endpoint.status = [422]
        endpoint.words = b"no such facet " * 100_000
        waiting = RunEvent.objects.count()

        send()

        assert len(endpoint.got) == waiting
        left = RunEvent.objects.get()
        assert left.gave_up_at is not None and left.error.startswith("HTTP 422: no such facet") and len(left.error) < 400

    def test_what_cannot_be_written_does_not_hold_back_the_others(self, dag: Dag, endpoint: Endpoint) -> None:
        """A column without a type, of whatever made it so."""
        Version.objects.update(schema=[{"name": "value"}])
        ends = RunEvent.objects.filter(kind="COMPLETE").count()
        others = RunEvent.objects.exclude(kind="COMPLETE").count()

        send()

        left = RunEvent.objects.exclude(error="")
        assert left and all("KeyError" in one.error and one.gave_up_at is None for one in left)
        assert len(endpoint.got) == others + ends - len(left)
        assert RunEvent.objects.count() == len(left)

    def test_in_the_end_it_is_given_up_and_later_forgotten(self, dag: Dag, endpoint: Endpoint) -> None:
        Version.objects.update(schema=[{"name": "value"}])
        RunEvent.objects.update(happened_at=NOON - GIVE_UP_AFTER - timedelta(days=400))

        send()

        assert RunEvent.objects.exists() and not RunEvent.objects.filter(gave_up_at=None).exists()
        forget_given_up(now=timezone.now())
        assert RunEvent.objects.exists()
        forget_given_up(now=timezone.now() + KEEP_GIVEN_UP)
        assert not RunEvent.objects.exists()
