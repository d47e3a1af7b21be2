"""`POST /v1/task/read-table`: a table that the config names, to whoever holds the task, as a login that only reads that org."""

from __future__ import annotations

import dataclasses
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.test import override_settings
from django.utils import timezone

from apps.audit.models import Record
from apps.datasets.domain import PLATFORM_ORG
from apps.datasets.models import Dataset
from apps.dispatch import services
from apps.dispatch.models import Pin
from apps.dispatch.services.fences import StaleFence
from apps.orgs.models import Org
from apps.pii.domain import Job
from apps.platform.contracts import Claimed
from apps.platform.contracts.tables import ReadTable, TableToRead
from apps.platform.errors import Forbidden, Invalid, Transient
from apps.platform.tables import READING, OrgNames, table_name
from apps.tables.models import HotTable
from operators.sdk.errors import ConfigurationError, Retry
from operators.sdk.task import Range
from tests.apps.dispatch.conftest import mints
from tests.apps.dispatch.makers import fence, say
from tests.apps.pii.makers import make_classified, make_grant
from tests.apps.tables.compacting import Chain, chain_of, context_of, failed_of
from tests.apps.tables.makers import dataset_of, wanted
from tests.factories import Persona, make_org, make_persona
from tests.fixtures.chain import Node, node
from tests.fixtures.data import DataPlane

__all__ = ["mints", "node"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("with_buckets", "mints")]


@pytest.fixture
def chain(writer: Persona, node: Node, plane: DataPlane) -> Chain:
    made = chain_of(writer, node, plane)
    node.mine(20, transfers=1)
    made.follow(0, 20)
    return made


@pytest.fixture
def held(chain: Chain) -> Claimed:
    return chain.compact("blocks", 0, 9)


def opened(held: Claimed, dataset: str = "hot_blocks", **said: Any) -> TableToRead:
    return services.read_table(ReadTable(**{**fence(held), **said}, dataset=dataset), now=timezone.now())


def ask(told: TableToRead, statement: str, *, role: str = "") -> list[Any]:
    """As whoever has the login."""
    with psycopg.connect(told.dsn) as connection:
        if role:
            connection.execute(f"SET LOCAL ROLE {role}")
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def table_in(told: TableToRead) -> str:
    return f"{OrgNames(told.org_id).schema}.{table_name(told.dataset_id)}"


def test_the_login_reads_as_the_reader_of_the_org(held: Claimed) -> None:
    told = opened(held)

    assert ask(told, f"SELECT count(*) FROM {table_in(told)}", role=OrgNames(told.org_id).reader) == [(21,)]  # noqa: S608


def test_it_tells_what_the_table_is(held: Claimed) -> None:
    told = opened(held)

    assert [column.name for column in told.columns][:3] == ["block_number", "block_hash", "parent_hash"]
    assert told.columns[0].type == "uint32"


def test_by_itself_the_login_sees_nothing(held: Claimed) -> None:
    told = opened(held)

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        ask(told, f"SELECT 1 FROM {table_in(told)}")  # noqa: S608


@pytest.mark.parametrize("statement", ["DELETE FROM {}", "UPDATE {} SET gas_used = 0", "INSERT INTO {} SELECT * FROM {}", "TRUNCATE {}", "DROP TABLE {}"])  # fmt: skip
def test_the_login_changes_nothing(held: Claimed, statement: str) -> None:
    told = opened(held)

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        ask(told, statement.replace("{}", table_in(told)), role=OrgNames(told.org_id).reader)


def test_the_login_becomes_no_writer_and_nobody_of_another_org(held: Claimed, plane: DataPlane) -> None:
    told = opened(held)
    stranger = make_persona("writer", org=make_org("elsewhere"))
    wanted(stranger, {"a": "text"})

    for role in (OrgNames(told.org_id).writer, OrgNames(stranger.org.pk).reader, OrgNames(stranger.org.pk).writer, "trace_owner"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            ask(told, "SELECT 1", role=role)


def test_the_passwords_of_logins_are_not_for_readers(held: Claimed) -> None:
    told = opened(held)

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        ask(told, f"SELECT * FROM {OrgNames(told.org_id).schema}.{READING}", role=OrgNames(told.org_id).reader)  # noqa: S608


def test_a_dataset_that_the_config_does_not_name_is_refused(held: Claimed) -> None:
    with pytest.raises(Forbidden, match="does not name the dataset `hot_logs`: a task reads the tables that its config names"):
        opened(held, "hot_logs")
    with pytest.raises(ConfigurationError, match="cannot be opened: The config of `compact_blocks` does not name"):
        context_of(held).hot("hot_logs")


def test_an_attempt_without_the_lease_is_not_let_in(held: Claimed) -> None:
    with pytest.raises(StaleFence):
        opened(held, attempt=held.attempt + 1)


def test_one_that_has_failed_reads_no_more(held: Claimed) -> None:
    say(held, failed_of(Retry("away"), held))

    with pytest.raises(StaleFence):
        opened(held)


def test_code_of_users_opens_no_table(held: Claimed, monkeypatch: pytest.MonkeyPatch) -> None:
    from apps.dispatch.services import hot

    monkeypatch.setattr(hot, "facts", lambda _: {"is_trusted": False})
    with pytest.raises(Forbidden, match="reads by way of the query service"):
        opened(held)


def test_a_dataset_of_files_has_no_table(chain: Chain, held: Claimed) -> None:
    HotTable.objects.filter(dataset=dataset_of(chain.writer, "hot_blocks")).delete()

    with pytest.raises(Invalid, match="`hot_blocks` is kept in no table"):
        opened(held)


def test_a_dataset_that_is_gone_is_named(chain: Chain, held: Claimed) -> None:
    Dataset.objects.filter(pk=dataset_of(chain.writer, "hot_blocks").pk).update(name="other_blocks")

    with pytest.raises(Invalid, match="There is no dataset `hot_blocks` any more"):
        opened(held)


def test_a_table_of_another_org_is_not_opened(chain: Chain, held: Claimed) -> None:
    platform = Org.objects.create(slug=PLATFORM_ORG, name="Platform")
    Dataset.objects.filter(pk=dataset_of(chain.writer, "hot_blocks").pk).update(org=platform, visibility="org")

    with pytest.raises(Forbidden, match="`hot_blocks` is another org's"):
        opened(held)


@pytest.mark.parametrize(("state", "error", "words"), [
    ("pending", Transient, "just being made"), ("drifted", Invalid, "was altered by hand"),
])  # fmt: skip
def test_a_table_that_is_not_what_it_should_be_is_not_read(chain: Chain, held: Claimed, state: str, error: type[Exception], words: str) -> None:  # fmt: skip
    HotTable.objects.filter(dataset=dataset_of(chain.writer, "hot_blocks")).update(state=state)

    with pytest.raises(error, match=words):
        opened(held)


def test_personal_data_is_closed_to_a_job_without_a_grant(chain: Chain, held: Claimed) -> None:
    make_classified(chain.writer.org, "author", dataset="hot_blocks")

    with pytest.raises(
        Forbidden, match=r"columns with personal data \(author\), and no living grant opens them to the job chain.compact_blocks"
    ):
        opened(held)


def test_a_grant_to_the_job_opens_it_and_that_is_written_down(chain: Chain, held: Claimed) -> None:
    make_classified(chain.writer.org, "author", dataset="hot_blocks")
    make_grant(chain.writer.org, Job("chain", "compact_blocks"), dataset="hot_blocks", columns=("author",), now=timezone.now())

    assert opened(held).dsn
    seen = Record.objects.get(action="pii.see")
    assert (seen.actor_name, (seen.after or {})["columns"]) == ("job chain.compact_blocks", ["author"])


def test_asked_again_it_is_the_same_pin(held: Claimed) -> None:
    assert opened(held).pin == opened(held).pin
    assert Pin.objects.of(held.task_id).count() == 1


def test_while_the_database_is_away_it_is_a_retry(held: Claimed) -> None:
    nowhere = settings.CONFIG.data_dsn.rsplit("@", 1)[0] + "@127.0.0.1:1/trace_data"
    with (
        override_settings(CONFIG=dataclasses.replace(settings.CONFIG, data_dsn=nowhere)),
        pytest.raises(Retry, match="does not answer"),
    ):
        context_of(held).hot("hot_blocks")


def test_a_connection_that_breaks_in_the_middle_is_a_retry(held: Claimed, plane: DataPlane) -> None:
    hot = context_of(held).hot("hot_blocks")
    assert hot.count(Range(0, 9)) == 10
    plane.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'trace-task-reads' AND usename = %s", OrgNames(dataset_of_org(held)).reading)  # fmt: skip

    with pytest.raises(Retry, match="hot_blocks cannot be read"):
        hot.count(Range(0, 9))


def dataset_of_org(held: Claimed) -> Any:
    return held.task.org_id


def test_columns_that_are_not_there_are_named(held: Claimed) -> None:
    hot = context_of(held).hot("hot_blocks")

    with pytest.raises(ConfigurationError, match="hot_blocks has no column nonsense; it has block_number, block_hash"):
        list(hot.rows(Range(0, 9), columns=["nonsense"]))
    with pytest.raises(ConfigurationError, match="no column tip"):
        hot.bounds("tip")


def test_rows_come_in_the_columns_and_the_order_that_were_asked_for(held: Claimed) -> None:
    (batch,) = (
        context_of(held).hot("hot_blocks").rows(Range(3, 5), columns=["timestamp", "block_number"], order_by=["block_number"])
    )

    assert batch.schema.names == ["timestamp", "block_number"]
    assert batch.column(1).to_pylist() == [3, 4, 5]


def test_rows_that_a_reorg_retracted_are_not_read(chain: Chain, held: Claimed, plane: DataPlane) -> None:
    table = plane.table(chain.writer.org.pk, dataset_of(chain.writer, "hot_blocks").pk)
    plane.run(f"UPDATE {table} SET _retracted_at = now() WHERE block_number = 20")  # noqa: S608
    hot = context_of(held).hot("hot_blocks")

    assert hot.bounds() == Range(0, 19)
    assert hot.count(Range(15, 25)) == 5
