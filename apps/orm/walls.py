"""Between orgs, in tables that hold many of them: a row is there for whoever acts for its org in this transaction, and for nobody else.

Kept by PostgreSQL, also against who owns the tables. Without an org nothing is there, and nothing can be written.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import connections, transaction
from psycopg import sql

_ACT = "SELECT set_config('trace.org_id', %s, true)"
_SHARED = """
SELECT c.relname FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attname = 'org_id' AND NOT a.attisdropped ORDER BY 1
"""
_BUILT = "SELECT 1 FROM pg_policies WHERE schemaname = 'public' AND tablename = %s AND policyname = 'of_org'"
# The setting is empty, and not gone, once a transaction before on the same connection had it.
_POLICY = "CREATE POLICY of_org ON {} USING (org_id = nullif(current_setting('trace.org_id', true), '')::uuid)"


@contextmanager
def acting_for(org_id: UUID, *, using: str) -> Iterator[None]:
    """One transaction, in which the rows of that org are there. None around it: what it acts for would outlast this."""
    with transaction.atomic(using=using, durable=True), connections[using].cursor() as cursor:
        cursor.execute(_ACT, [str(org_id)])
        yield


def build_walls(*, using: str) -> None:
    """Around every table with an `org_id`, whoever made it: none can be forgotten. Idempotent, with the owner's role."""
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        cursor.execute(_SHARED)
        for (name,) in cursor.fetchall():
            table = sql.Identifier("public", name)
            cursor.execute(sql.SQL("ALTER TABLE {} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY").format(table))
            cursor.execute(_BUILT, [name])
            if not cursor.fetchone():
                cursor.execute(sql.SQL(_POLICY).format(table))
