"""What must be true once all work is done. Each check asks the state database for what is wrong; nothing is the right answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from tests.drills.load import Load
from tests.drills.state import Ask

_MOST_SHOWN = 5

# Each of them has the columns that say which row is wrong.
NOTHING_MAY_BE_FOUND = {
    "a task that is neither completed nor a stopped source": """
        SELECT j.name, t.id, t.status, t.attempt, t.error FROM dispatch_task AS t JOIN dispatch_livejob AS j ON j.id = t.job_id
        WHERE t.status <> 'completed' AND NOT (j.source = 'always_on' AND t.status = 'canceled')
    """,
    "a task that was completed more than once, or by another attempt than its last": """
        SELECT j.name, t.id, t.attempt, array_agg(a.number || ' ' || a.outcome ORDER BY a.number)
        FROM dispatch_task AS t JOIN dispatch_livejob AS j ON j.id = t.job_id LEFT JOIN dispatch_attempt AS a ON a.task_id = t.id
        WHERE t.status = 'completed' GROUP BY j.name, t.id, t.attempt
        HAVING count(*) FILTER (WHERE a.outcome = 'completed') <> 1
            OR max(a.number) FILTER (WHERE a.outcome = 'completed') <> t.attempt
    """,
    "attempts that are not numbered 1, 2, 3, …": """
        SELECT t.id, t.attempt, array_agg(a.number ORDER BY a.number)
        FROM dispatch_task AS t LEFT JOIN dispatch_attempt AS a ON a.task_id = t.id GROUP BY t.id, t.attempt
        HAVING t.attempt <> count(a.id) OR t.attempt > 0 AND (min(a.number) <> 1 OR max(a.number) <> t.attempt)
    """,
    "an attempt that does not say how it ended": """
        SELECT a.task_id, a.number, a.outcome, a.ended_at FROM dispatch_attempt AS a WHERE a.ended_at IS NULL OR a.outcome = ''
    """,
    "an attempt before the last that ended as only a last one may": """
        SELECT a.task_id, a.number, a.outcome FROM dispatch_attempt AS a JOIN dispatch_task AS t ON t.id = a.task_id
        WHERE a.number < t.attempt AND a.outcome NOT IN ('failed', 'lease_expired', 'handed_back')
    """,
    "a failure that nobody caused": """
        SELECT j.name, a.task_id, a.number, a.error FROM dispatch_attempt AS a
        JOIN dispatch_task AS t ON t.id = a.task_id JOIN dispatch_livejob AS j ON j.id = t.job_id
        WHERE a.outcome = 'failed' AND j.operator <> 'fail' AND a.error ->> 'type' NOT IN ('ChildDied', 'container_stopped')
    """,
    "two attempts of one task at the same time": """
        SELECT a.task_id, a.number, a.ended_at, b.claimed_at FROM dispatch_attempt AS a
        JOIN dispatch_attempt AS b ON b.task_id = a.task_id AND b.number = a.number + 1 WHERE b.claimed_at < a.ended_at
    """,
    "two tasks at the same time of a job that does one at a time": """
        SELECT name, task_id, claimed_at, before FROM (
            SELECT j.name, a.task_id, a.claimed_at, max(a.ended_at) OVER (
                PARTITION BY j.id ORDER BY a.claimed_at, a.number ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ) AS before
            FROM dispatch_attempt AS a JOIN dispatch_task AS t ON t.id = a.task_id JOIN dispatch_livejob AS j ON j.id = t.job_id
            WHERE j.max_concurrency = 1
        ) AS one WHERE claimed_at < before
    """,
    "an event that was not routed": "SELECT id, job_id FROM dispatch_event WHERE routed_at IS NULL",
    "an event that is there twice": """
        SELECT task_id, identity, count(*) FROM dispatch_event GROUP BY task_id, identity HAVING count(*) > 1
    """,
    "an event of an attempt that did not complete its task": """
        SELECT e.id, e.task_id, e.attempt FROM dispatch_event AS e
        JOIN dispatch_task AS t ON t.id = e.task_id JOIN dispatch_livejob AS j ON j.id = t.job_id
        WHERE j.source <> 'always_on' AND NOT EXISTS (
            SELECT FROM dispatch_attempt AS a WHERE a.task_id = e.task_id AND a.number = e.attempt AND a.outcome = 'completed'
        )
    """,
    "a scope that was reported twice": """
        SELECT job_id, output, partition_key, number FROM dispatch_materialisation WHERE number > 1
    """,
    "an event that did not lead to exactly one task of each job that its routes name": """
        SELECT p.name AS producer, c.name AS consumer, e.id, count(t.id) FROM dispatch_event AS e
        JOIN dispatch_livejob AS p ON p.id = e.job_id
        JOIN dispatch_route AS r ON r.producer_id = e.job_id AND r.output = e.output AND r.listens
        JOIN dispatch_livejob AS c ON c.id = r.consumer_id
        LEFT JOIN dispatch_taskinput AS i ON i.event_id = e.id AND i.input = r.input
        LEFT JOIN dispatch_task AS t ON t.id = i.task_id AND t.job_id = c.id
        GROUP BY p.name, c.name, e.id HAVING count(t.id) <> 1
    """,
    "an input of a task that no route explains": """
        SELECT i.task_id, i.event_id FROM dispatch_taskinput AS i JOIN dispatch_task AS t ON t.id = i.task_id
        LEFT JOIN dispatch_event AS e ON e.id = i.event_id
        LEFT JOIN dispatch_route AS r ON r.producer_id = e.job_id AND r.output = e.output AND r.consumer_id = t.job_id AND r.input = i.input
        WHERE r.id IS NULL
    """,
    "a task that nothing led to": """
        SELECT j.name, t.id FROM dispatch_task AS t JOIN dispatch_livejob AS j ON j.id = t.job_id
        WHERE j.source = '' AND NOT EXISTS (SELECT FROM dispatch_taskinput AS i WHERE i.task_id = t.id)
    """,
    "a task that did not pass on what arrived": """
        SELECT name, id, arrived, passed FROM (
            SELECT j.name, t.id, (SELECT count(*) FROM dispatch_taskinput AS i WHERE i.task_id = t.id) AS arrived,
                (SELECT count(*) FROM dispatch_event AS e WHERE e.task_id = t.id) AS passed
            FROM dispatch_task AS t JOIN dispatch_livejob AS j ON j.id = t.job_id WHERE j.operator IN ('noop', 'sleep', 'fail')
        ) AS one WHERE arrived <> passed
    """,
    "an outbox row that is not done": "SELECT id, kind, state, attempts, error FROM outbox_message WHERE state <> 'done' AND kind <> 'probe'",
    "a cursor that is not where its job's tasks are": """
        SELECT j.name, max(t.position), c.value, c.highest FROM dispatch_task AS t JOIN dispatch_livejob AS j ON j.id = t.job_id
        LEFT JOIN dispatch_cursor AS c ON c.job_id = t.job_id AND c.generation = t.generation
        WHERE j.strategy = 'PerUpdate' AND t.position IS NOT NULL
        GROUP BY j.name, c.value, c.highest HAVING max(t.position) IS DISTINCT FROM c.value OR max(t.position) IS DISTINCT FROM c.highest
    """,
    "a source that is not one task without end": """
        SELECT count(*), min(t.status) FROM dispatch_task AS t JOIN dispatch_livejob AS j ON j.id = t.job_id
        WHERE j.source = 'always_on' HAVING count(*) <> 1
    """,
    "a source that left out a cursor, or did not go on from its state": """
        SELECT min(e.cursor), max(e.cursor), count(*), max(s.value #>> '{}') FROM dispatch_livejob AS j
        LEFT JOIN dispatch_event AS e ON e.job_id = j.id LEFT JOIN dispatch_operatorstate AS s ON s.job_id = j.id
        WHERE j.source = 'always_on'
        HAVING count(*) < 5 OR min(e.cursor) <> 0 OR max(e.cursor) + 1 <> count(*) OR max(e.cursor) <> max(s.value #>> '{}')::numeric
    """,
    "a follower that is not where its source is": """
        SELECT p.name, j.name, max(e.cursor), c.value FROM dispatch_livejob AS p
        JOIN dispatch_route AS r ON r.producer_id = p.id JOIN dispatch_livejob AS j ON j.id = r.consumer_id
        JOIN dispatch_event AS e ON e.job_id = p.id LEFT JOIN dispatch_cursor AS c ON c.job_id = j.id
        WHERE p.source = 'always_on' GROUP BY p.name, j.name, c.value HAVING max(e.cursor) IS DISTINCT FROM c.value
    """,
    "a minute of the schedule that neither fired once nor was missed": """
        SELECT at, string_agg(what, ', ') FROM (
            SELECT (t.fired ->> 'at')::timestamptz AS at, 'fired' AS what
            FROM dispatch_task AS t JOIN dispatch_livejob AS j ON j.id = t.job_id AND j.source = 'cron'
            UNION ALL SELECT scheduled_at, 'missed' FROM dispatch_missedtick
            UNION ALL SELECT generate_series(min(at), max(at), interval '1 minute'), 'due' FROM (
                SELECT (t.fired ->> 'at')::timestamptz AS at
                FROM dispatch_task AS t JOIN dispatch_livejob AS j ON j.id = t.job_id AND j.source = 'cron'
            ) AS fired
        ) AS ticks GROUP BY at HAVING count(*) <> 2 OR count(*) FILTER (WHERE what = 'due') <> 1
    """,
}  # fmt: skip

_TASKS = """
SELECT j.name, t.root_id::text, t.range_start, t.range_end FROM dispatch_task AS t JOIN dispatch_livejob AS j ON j.id = t.job_id
WHERE j.name = ANY(%s)
"""
_WHOLE = "SELECT e.range_start, e.range_end FROM dispatch_event AS e JOIN dispatch_livejob AS j ON j.id = e.job_id WHERE j.name = 'whole'"


def findings(ask: Ask, load: Load) -> list[str]:
    """In words; empty when all is as it must be."""
    found = [f"{what}: {_shown(rows)}" for what, query in NOTHING_MAY_BE_FOUND.items() if (rows := ask(query))]
    expected = load.tasks()
    made = Counter(ask(_TASKS, sorted({place[0] for place in expected})))
    found += _differences("task", expected, made)
    found += _differences("range of the aggregator", load.whole_ranges(), Counter(ask(_WHOLE)))
    return found


def _differences(what: str, expected: Counter[Any], made: Counter[Any]) -> Iterable[str]:
    if missing := list((expected - made).elements()):
        yield f"a {what} that is missing: {_shown(missing)}"
    if extra := list((made - expected).elements()):
        yield f"a {what} too many: {_shown(extra)}"


def _shown(rows: list[Any]) -> str:
    more = f" … {len(rows)} in all" if len(rows) > _MOST_SHOWN else ""
    return "; ".join(str(row) for row in rows[:_MOST_SHOWN]) + more
