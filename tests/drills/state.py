"""The databases of the stack as the drill sees them, with a connection per question: any of them may be gone by the next."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import psycopg

from tests.journeys.stack import StackProcess

_OPEN = """
SELECT count(*) FROM dispatch_task WHERE status IN ('queued', 'running') OR status = 'failed' AND next_retry_at IS NOT NULL
"""
# A message that was delivered to somebody who died is there until its visibility ends: it counts.
_MESSAGES = "SELECT count(*) FROM queue.message WHERE queue = 'tasks'"
_UNDONE = """
SELECT (SELECT count(*) FROM dispatch_task WHERE status IN ('queued', 'running') OR status = 'failed' AND next_retry_at IS NOT NULL)
    + (SELECT count(*) FROM dispatch_event WHERE routed_at IS NULL)
    + (SELECT count(*) FROM outbox_message WHERE state = 'pending' AND kind <> 'probe')
"""
# A drill may have DAGs of its own beside the load's, with other rules: what is asked at the end is asked of the load's.
_OF_THE_LOAD = """
CREATE TEMP VIEW dispatch_livejob AS
    SELECT j.* FROM public.dispatch_livejob AS j JOIN public.dags_dag AS d ON d.id = j.dag_id WHERE d.name = 'drill';
CREATE TEMP VIEW dispatch_task AS SELECT t.* FROM public.dispatch_task AS t JOIN dispatch_livejob AS j ON j.id = t.job_id;
CREATE TEMP VIEW dispatch_event AS SELECT e.* FROM public.dispatch_event AS e JOIN dispatch_livejob AS j ON j.id = e.job_id;
CREATE TEMP VIEW dispatch_materialisation AS
    SELECT m.* FROM public.dispatch_materialisation AS m JOIN dispatch_livejob AS j ON j.id = m.job_id;
CREATE TEMP VIEW dispatch_operatorstate AS
    SELECT s.* FROM public.dispatch_operatorstate AS s JOIN dispatch_livejob AS j ON j.id = s.job_id;
CREATE TEMP VIEW dispatch_attempt AS SELECT a.* FROM public.dispatch_attempt AS a JOIN dispatch_task AS t ON t.id = a.task_id;
CREATE TEMP VIEW dispatch_taskinput AS SELECT i.* FROM public.dispatch_taskinput AS i JOIN dispatch_task AS t ON t.id = i.task_id;
"""
_COMPLETED = "SELECT count(*) FROM dispatch_task WHERE status = 'completed'"
_FIRST_AFTER = "SELECT min(ended_at) FROM dispatch_task WHERE status = 'completed' AND ended_at > %s"
_RETRIES = "SELECT coalesce(sum(attempt - 1), 0)::int FROM dispatch_task WHERE attempt > 1"
_TICKS = "SELECT count(*) FROM dispatch_event AS e JOIN dispatch_livejob AS j ON j.id = e.job_id WHERE j.source = 'always_on'"

Ask = Callable[..., list[Any]]


class State:
    def __init__(self, stack: Callable[[], StackProcess]) -> None:
        self._stack = stack

    def ask(self, query: str, *values: object, database: str = "state") -> list[Any]:
        dsn = self._stack().facts["dsn"][database]
        with psycopg.connect(dsn, autocommit=True, connect_timeout=5) as connection:
            return connection.execute(query.encode(), values or None).fetchall()

    @contextmanager
    def at_rest(self) -> Iterator[Ask | None]:
        """Asks of one moment in which nothing was left to do, or None: a schedule goes on for ever."""
        with psycopg.connect(self._stack().facts["dsn"]["state"], connect_timeout=5) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ

            def ask(query: str, *values: object) -> list[Any]:
                return connection.execute(query.encode(), values or None).fetchall()

            is_done = ask(_UNDONE) == [(0,)]
            connection.execute(_OF_THE_LOAD)
            yield ask if is_done else None

    def number(self, query: str, *values: object, database: str = "state") -> int:
        return int(self.ask(query, *values, database=database)[0][0])

    def open_tasks(self) -> int:
        return self.number(_OPEN)

    def completed(self) -> int:
        return self.number(_COMPLETED)

    def ticks(self) -> int:
        """What the source that never ends has said."""
        return self.number(_TICKS)

    def messages(self) -> int:
        return self.number(_MESSAGES, database="queue")

    def dead_letters(self) -> int:
        return self.number("SELECT count(*) FROM queue.dead_letter", database="queue")

    def retries(self) -> int:
        return self.number(_RETRIES)

    def first_completion_after(self, instant: datetime) -> datetime | None:
        first: datetime | None = self.ask(_FIRST_AFTER, instant)[0][0]
        return first
