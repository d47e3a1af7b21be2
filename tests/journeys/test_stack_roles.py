"""Each process enters the databases as a role that can do its work and nothing else."""

from __future__ import annotations

import json

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from tests.journeys.stack import StackProcess

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("stack")]

CLOSED = (
    ("trace_worker", "trace_state"), ("trace_worker", "trace_data"), ("trace_query", "trace_state"),
    ("trace_query", "trace_queue"), ("trace_beat", "trace_queue"), ("trace_beat", "trace_data"), ("trace_internal", "trace_queue"),
    ("trace_sink", "trace_state"), ("trace_tables", "trace_state"), ("trace_tables", "trace_queue"),
)  # fmt: skip
REFUSED = (
    ("trace_worker", "trace_queue", "TRUNCATE queue.message"),
    ("trace_worker", "trace_queue", "CREATE TABLE queue.mine (a int)"),
    ("trace_web", "trace_queue", "DELETE FROM queue.message"),
    ("trace_web", "trace_state", "UPDATE dispatch_probe SET worker_id = 'x'"),
    ("trace_web", "trace_state", "DROP TABLE outbox_message"),
    ("trace_web", "trace_state", "CREATE TABLE mine (a int)"),
    ("trace_web", "trace_state", "SELECT * FROM django_celery_beat_periodictask"),
    # The log of Django's admin, which has ours instead.
    ("trace_web", "trace_state", "SELECT * FROM django_admin_log"),
    ("trace_web", "trace_state", "UPDATE audit_record SET actor_name = 'nobody'"),
    ("trace_web", "trace_state", "DELETE FROM audit_record"),
    ("trace_web", "trace_state", "TRUNCATE audit_record"),
    ("trace_web", "trace_state", "SELECT audit_prune(30)"),
    ("trace_internal", "trace_state", "SELECT password FROM accounts_person"),
    ("trace_internal", "trace_state", "SELECT * FROM django_session"),
    ("trace_internal", "trace_state", "SELECT * FROM orgs_apitoken"),
    ("trace_internal", "trace_state", "UPDATE vault_encryptedsecret SET sealed = ''"),
    ("trace_internal", "trace_state", "UPDATE dags_job SET spec = '{}'"),
    ("trace_internal", "trace_state", "UPDATE chains_rpcprovider SET url = 'http://mine'"),
    ("trace_dispatcher", "trace_state", "DELETE FROM chains_rpcpool"),
    ("trace_web", "trace_state", "UPDATE dispatch_attempt SET outcome = 'completed'"),
    ("trace_web", "trace_state", "INSERT INTO dispatch_operatorstate SELECT FROM dispatch_operatorstate"),
    ("trace_web", "trace_state", "SELECT dispatch_turn_months(1)"),
    ("trace_internal", "trace_state", "SELECT * FROM pii_piigrant"),
    ("trace_dispatcher", "trace_state", "SELECT password FROM accounts_person"),
    ("trace_dispatcher", "trace_state", "SELECT * FROM vault_encryptedsecret"),
    ("trace_dispatcher", "trace_state", "SELECT * FROM orgs_apitoken"),
    ("trace_dispatcher", "trace_state", "SELECT * FROM pii_columnclassification"),
    ("trace_dispatcher", "trace_state", "SELECT answer FROM orgs_keptanswer"),
    ("trace_internal", "trace_state", "SELECT orgs_forget_answers(now())"),
    ("trace_beat", "trace_state", "SELECT * FROM outbox_message"),
    ("trace_beat", "trace_state", "SELECT * FROM accounts_person"),
    ("trace_query", "trace_data", "CREATE TABLE mine (a int)"),
    ("trace_sink", "trace_data", "CREATE SCHEMA mine"),
    ("trace_sink", "trace_data", "CREATE ROLE mine"),
    ("trace_tables", "trace_data", "DROP OWNED BY trace_owner"),
    ("trace_internal", "trace_state", "UPDATE datasets_dataset SET name = 'mine'"),
)


def enter(stack: StackProcess, role: str, database: str) -> psycopg.Connection:
    password = json.loads((stack.data_dir / "secrets.json").read_text())[role]
    return psycopg.connect(
        make_conninfo(stack.facts["dsn"]["state"], user=role, password=password, dbname=database), autocommit=True
    )


@pytest.mark.parametrize(("role", "database"), CLOSED)
def test_a_database_that_is_none_of_its_business_is_closed(stack: StackProcess, role: str, database: str) -> None:
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        enter(stack, role, database)


@pytest.mark.parametrize(("role", "database", "statement"), REFUSED)
def test_what_its_work_does_not_need_is_refused(stack: StackProcess, role: str, database: str, statement: str) -> None:
    with (
        enter(stack, role, database) as connection,
        pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.ReadOnlySqlTransaction)),
    ):
        connection.execute(statement)


def test_who_tidies_forgets_what_it_cannot_read(stack: StackProcess) -> None:
    with enter(stack, "trace_dispatcher", "trace_state") as connection:
        assert connection.execute("SELECT orgs_forget_answers(now() - interval '24 hours')").fetchone() == (0,)


def test_the_query_role_only_reads_even_where_somebody_gave_it_more(stack: StackProcess) -> None:
    with stack.connect("data") as owner:
        owner.execute("CREATE TABLE given (a int)")
        owner.execute("GRANT ALL ON given TO trace_query")
        try:
            with enter(stack, "trace_query", "trace_data") as connection:
                assert connection.execute("SELECT count(*) FROM given").fetchone() == (0,)
                with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
                    connection.execute("INSERT INTO given VALUES (1)")
        finally:
            owner.execute("DROP TABLE given")


def test_no_role_of_a_process_rules_the_server(stack: StackProcess) -> None:
    with stack.connect("state") as connection:
        powers = connection.execute(
            "SELECT rolname FROM pg_roles WHERE rolname LIKE 'trace%' AND (rolsuper OR rolcreatedb OR rolbypassrls)"
        ).fetchall()
        makers = connection.execute("SELECT rolname FROM pg_roles WHERE rolname LIKE 'trace%' AND rolcreaterole").fetchall()

    assert powers == []
    # Of roles of orgs, which are its own: it rules none that was there before it.
    assert makers == [("trace_tables",)]
