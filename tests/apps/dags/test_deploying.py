"""A text becomes a version, once, and nothing of it changes afterwards."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from apps.audit.models import Record
from apps.dags import selectors, services
from apps.dags.models import Dag, DagVersion, Edge, Job
from apps.dags.services import Sent
from apps.orgs.domain import Visibility
from apps.orgs.models import OrgQuota
from apps.platform.errors import Conflict, Forbidden, Invalid
from tests.apps.dags.makers import deploy, manual, sending
from tests.factories import NOON, Persona

pytestmark = pytest.mark.django_db


def test_the_same_text_is_the_same_version(writer: Persona) -> None:
    first = deploy(writer, manual())
    again = sending(writer, Sent("ranges", manual()))

    assert (again.version, again.created) == (first, False)
    assert Record.objects.filter(action="dag.deploy").count() == 1


@pytest.mark.parametrize("same", [manual().replace("\n", "\r\n"), "\ufeff" + manual(), manual().replace("\n", "\r")])
def test_line_endings_and_a_byte_order_mark_make_no_other_text(writer: Persona, same: str) -> None:
    assert deploy(writer, same) == deploy(writer, manual())


def test_a_comment_makes_another_version_of_the_same_definitions(writer: Persona) -> None:
    first, second = deploy(writer, manual()), deploy(writer, "# why\n" + manual())

    assert (first.number, second.number) == (1, 2)
    assert selectors.compared(first, second).rebuild_scope == ()


def test_jobs_and_edges_are_rows(writer: Persona) -> None:
    version = deploy(writer, manual(publish="blocks"))

    assert list(Job.objects.filter(version=version).values_list("name", "operator", "activation")) == [
        ("start", "trigger_manual", "source"), ("chunks", "range_splitter", "reactive"), ("blocks", "cryo_ingest", "reactive"),
    ]  # fmt: skip
    edges = Edge.objects.filter(job__version=version).values_list("job__name", "source__name", "output")
    assert sorted(edges) == [("blocks", "chunks", 0), ("chunks", "start", 0)]


def test_a_document_with_problems_makes_nothing(writer: Persona) -> None:
    with pytest.raises(Invalid) as refused:
        deploy(writer, manual().replace("chunk_size", "chunk_sise"))

    assert refused.value.code == "invalid_dag"
    assert {(error["code"], error["line"]) for error in refused.value.errors} == {("unknown_key", 17)}
    assert not Dag.objects.exists()


def test_a_document_is_deployed_under_its_own_name(writer: Persona) -> None:
    with pytest.raises(Invalid) as refused:
        deploy(writer, manual(), name="other")

    assert [error["code"] for error in refused.value.errors] == ["name_mismatch"]


def test_a_stale_base_is_refused_and_says_who_came_before(writer: Persona, admin: Persona) -> None:
    seen = deploy(writer, manual())
    theirs = deploy(admin, manual(chunk=5))

    with pytest.raises(Conflict) as refused:
        sending(writer, Sent("ranges", manual(chunk=7), base=seen.pk))

    assert refused.value.code == "stale_base"
    assert refused.value.detail and refused.value.detail["latest"] == str(theirs.pk)
    assert DagVersion.objects.count() == 2


def test_a_text_that_is_a_version_already_has_no_stale_base(writer: Persona) -> None:
    seen = deploy(writer, manual())
    deploy(writer, manual(chunk=5))

    again = sending(writer, Sent("ranges", manual(), base=seen.pk))
    assert again.version == seen


def test_the_quota_of_dags_holds(writer: Persona) -> None:
    OrgQuota.objects.create(org=writer.org, key="dags", limit=1)
    deploy(writer, manual())

    with pytest.raises(Conflict, match="quota"):
        deploy(writer, manual("second"), name="second")
    deploy(writer, manual(chunk=2))


def test_deploying_takes_the_draft_of_that_text_away_and_no_other(writer: Persona) -> None:
    services.save_draft(writer.org, writer.person, "ranges", manual(), base=None, now=NOON)
    deploy(writer, manual())
    assert selectors.draft_of(writer.org, writer.person, "ranges") is None

    services.save_draft(writer.org, writer.person, "ranges", "# hours of work", base=None, now=NOON)
    deploy(writer, manual())
    deploy(writer, manual(chunk=2))
    kept = selectors.draft_of(writer.org, writer.person, "ranges")
    assert kept and kept.yaml == "# hours of work"


def test_a_dag_that_was_closed_meanwhile_gets_no_version_of_others(writer: Persona, admin: Persona) -> None:
    deploy(admin, manual())
    Dag.objects.update(visibility=Visibility.PRIVATE)

    with pytest.raises(Forbidden):
        deploy(writer, manual(chunk=2))
    assert DagVersion.objects.count() == 1


def test_new_means_that_there_is_none_yet(writer: Persona) -> None:
    deploy(writer, manual())

    with pytest.raises(Conflict) as refused:
        sending(writer, Sent("ranges", manual(chunk=2), is_new=True))
    assert refused.value.code == "dag_exists"


def test_a_number_that_the_database_writes_otherwise_changes_no_definition(writer: Persona) -> None:
    tick = """  - name: tick
    activation: source
    runtime: dispatcher
    operator: trigger_cron
    outputs: 1
    source: { kind: cron, schedule: "0 * * * *" }
    config: { data: { a: 1.0e22, b: -0.0 } }
"""
    first, second = deploy(writer, manual(extra=tick)), deploy(writer, "# why\n" + manual(extra=tick))

    assert selectors.compared(first, second).rebuild_scope == ()


@pytest.mark.django_db(transaction=True)
def test_two_who_deploy_at_once_get_two_versions_or_one(writer: Persona) -> None:
    """Different texts are numbered one after the other; the same text is one version."""
    made: list[int] = []
    gate = threading.Barrier(6)

    def send(chunk: int) -> None:
        gate.wait()
        made.append(deploy(writer, manual(chunk=chunk)).number)
        connection.close()

    threads = [threading.Thread(target=send, args=(chunk,)) for chunk in (1, 1, 2, 2, 3, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(made) == [1, 1, 2, 2, 3, 3]
    assert sorted(DagVersion.objects.values_list("number", flat=True)) == [1, 2, 3]
