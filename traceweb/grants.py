"""What each process may do inside the databases. Applied by `manage.py prepare` after the migrations, with the owner's role.

A role that does not exist here (a managed database may name fewer) is passed over. Tables are given as SQL LIKE patterns;
nothing that is not named is allowed.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connections, transaction
from psycopg import sql

from traceweb.databases import DATA, STATE

READ = ("SELECT",)
APPEND = ("SELECT", "INSERT")
WRITE = ("SELECT", "INSERT", "UPDATE", "DELETE")


@dataclass(frozen=True)
class Grant:
    role: str
    database: str
    privileges: tuple[str, ...]
    tables: tuple[str, ...]


GRANTS = (
    Grant(
        "trace_web",
        STATE,
        WRITE,
        (
            "accounts_%",
            "orgs_%",
            "outbox_%",
            "vault_%",
            "datasets_%",
            "tables_%",
            "chains_%",
            "pii_%",
            "dags_%",
            "django_session",
        ),
    ),
    Grant("trace_web", STATE, APPEND, ("audit_%",)),
    # What people ask for: tasks to start, to cancel and to try again, jobs to hold back.
    Grant("trace_web", STATE, WRITE, ("dispatch_task%", "dispatch_dedupe", "dispatch_livejob", "dispatch_handedhour")),
    # What they say does not hold any more; and whose task does it again.
    Grant("trace_web", STATE, ("SELECT", "INSERT", "UPDATE"), ("dispatch_invalidation", "dispatch_invalidationmark")),
    Grant("trace_web", STATE, READ, ("dispatch_%", "lineage_%", "syncing_%", "django_content_type", "auth_%")),
    Grant("trace_internal", STATE, WRITE, ("dispatch_%", "outbox_%", "tables_batch", "tables_hottable")),
    # What a claim is told: the job as its version has it, and the secrets that it declares, which the key file opens.
    Grant(
        "trace_internal",
        STATE,
        READ,
        (
            # The pools of the gateway; their keys are in the vault.
            "chains_rpcpool",
            "chains_rpcprovider",
            "dags_dag",
            "dags_dagversion",
            "dags_edge",
            "dags_job",
            "datasets_dataset",
            "datasets_output",
            "datasets_producer",
            # Hosts of feeds.
            "orgs_approvedhost",
            "orgs_org",
            "orgs_orgquota",
            # Which inputs hold personal data, and are handed out to nobody as files.
            "pii_columnclassification",
            "vault_encryptedsecret",
        ),
    ),
    # What a completion commits.
    Grant("trace_internal", STATE, ("SELECT", "INSERT", "UPDATE"), ("datasets_partition",)),
    Grant("trace_internal", STATE, ("SELECT", "UPDATE"), ("datasets_version",)),
    Grant("trace_internal", STATE, APPEND, ("audit_%",)),
    Grant("trace_dispatcher", STATE, WRITE, ("dispatch_%", "outbox_%", "tables_batch", "tables_hottable")),
    Grant("trace_dispatcher", STATE, WRITE, ("lineage_%", "syncing_%")),
    Grant("trace_dispatcher", STATE, READ, ("dags_%", "chains_%", "orgs_orgquota", "orgs_orgrole")),
    # A version that was built takes over by itself, where that is nothing that a person has to decide; to lock a DAG, or its org,
    # takes the right to change it.
    Grant("trace_dispatcher", STATE, ("SELECT", "UPDATE"), ("dags_dag", "dags_build", "orgs_org")),
    Grant("trace_dispatcher", STATE, APPEND, ("dags_activation",)),
    Grant("trace_dispatcher", STATE, WRITE, ("datasets_%",)),
    Grant("trace_dispatcher", STATE, APPEND, ("audit_%",)),
    Grant("trace_beat", STATE, WRITE, ("django_celery_beat_%",)),
    Grant("trace_query", DATA, READ, ()),
)

# Functions run with their owner's rights, so each is named with the one role that may call it.
FUNCTIONS = (
    ("trace_dispatcher", "audit_prune(integer)"),
    ("trace_dispatcher", "dispatch_turn_months(integer)"),
    ("trace_dispatcher", "orgs_forget_answers(timestamp with time zone)"),
)

_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename LIKE ANY(%s)"


def apply_grants() -> None:
    """Take everything away and give what is named: a right that was removed here is gone after the next start."""
    for alias in (STATE, DATA):
        # In one transaction: the processes of the version before go on meanwhile, and must not find themselves without a right.
        with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
            cursor.execute("SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", [sorted({g.role for g in GRANTS})])
            existing = {name for (name,) in cursor.fetchall()}
            for role in sorted(existing):
                _revoke(cursor, role)
            for role, function in FUNCTIONS if alias == STATE else ():
                if role in existing:
                    cursor.execute(sql.SQL("GRANT EXECUTE ON FUNCTION {} TO {}").format(sql.SQL(function), sql.Identifier(role)))
            for grant in GRANTS:
                if grant.database == alias and grant.role in existing:
                    _give(cursor, grant)


def _revoke(cursor, role: str) -> None:  # type: ignore[no-untyped-def]
    name = sql.Identifier(role)
    cursor.execute(sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {}").format(name))
    cursor.execute(sql.SQL("REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM {}").format(name))
    cursor.execute(sql.SQL("REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public FROM {}").format(name))
    cursor.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(name))


def _give(cursor, grant: Grant) -> None:  # type: ignore[no-untyped-def]
    # To LIKE an underscore is any letter.
    cursor.execute(_TABLES, [[pattern.replace("_", r"\_") for pattern in grant.tables]])
    tables = [sql.Identifier(name) for (name,) in cursor.fetchall()]
    if not tables:
        return
    role = sql.Identifier(grant.role)
    privileges = sql.SQL(", ").join(sql.SQL(p) for p in grant.privileges)
    cursor.execute(sql.SQL("GRANT {} ON {} TO {}").format(privileges, sql.SQL(", ").join(tables), role))
    if grant.privileges == WRITE:
        cursor.execute(sql.SQL("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {}").format(role))
