"""The statements of the publisher: set-based, one round trip each."""

# Store any number of messages, and wake the publishers as they become visible, in one statement.
PUT = """
WITH put AS (
    INSERT INTO outbox_message (kind, payload, org_id, request_id)
    SELECT kind, payload::jsonb, org_id, %(request_id)s
    FROM unnest(%(kinds)s::text[], %(payloads)s::text[], %(org_ids)s::uuid[]) AS m(kind, payload, org_id)
)
SELECT pg_notify(channel, '') FROM (SELECT %(channel)s::text) AS wake(channel) WHERE channel IS NOT NULL
"""

# Settle what was done and take the next due rows, oldest first, hidden until the claim runs out: one round trip of a loop.
# A claim that ran out and was taken by another publisher is not ours to settle. Lost with the server, both happen again, and
# handlers are idempotent: not worth a flush of the disk.
TURN = """
WITH relaxed AS (
    SELECT set_config('synchronous_commit', 'off', true)
), settled AS (
    UPDATE outbox_message AS m SET state = 'done', done_at = clock_timestamp(), error = ''
    FROM unnest(%(ids)s::uuid[], %(claims)s::int[]) AS c(id, claim), relaxed
    WHERE m.id = c.id AND m.claims = c.claim AND m.state = 'pending'
), due AS (
    SELECT id FROM outbox_message
    WHERE state = 'pending' AND due_at <= clock_timestamp() AND attempts < %(max_attempts)s AND id <> ALL(%(ids)s::uuid[])
    ORDER BY due_at, id
    LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
)
UPDATE outbox_message AS m
SET claims = m.claims + 1, attempts = m.attempts + 1, due_at = clock_timestamp() + make_interval(secs => %(claim_seconds)s)
FROM due, relaxed WHERE m.id = due.id
RETURNING m.id, m.kind, m.payload, m.claims, m.attempts, m.created_at
"""

# The effect failed: again after the back-off, or never. What may pass by itself is given its attempt back.
SETTLE_FAILED = """
UPDATE outbox_message AS m
SET error = c.error,
    due_at = clock_timestamp() + make_interval(secs => c.wait_seconds),
    attempts = m.attempts - c.given_back,
    state = CASE WHEN m.attempts - c.given_back >= %(max_attempts)s THEN 'failed' ELSE 'pending' END
FROM unnest(%(ids)s::uuid[], %(claims)s::int[], %(waits)s::float8[], %(given_back)s::int[], %(errors)s::text[])
    AS c(id, claim, wait_seconds, given_back, error)
WHERE m.id = c.id AND m.claims = c.claim AND m.state = 'pending'
RETURNING m.id, m.state
"""

# Rows whose last attempt took the publisher down with it: out of attempts, and nobody left to say so.
GIVE_UP = """
UPDATE outbox_message
SET state = 'failed', error = CASE WHEN error = '' THEN 'the publisher died during the last attempt' ELSE error END
WHERE state = 'pending' AND due_at <= clock_timestamp() AND attempts >= %(max_attempts)s
"""

# Published rows that nobody will look at any more; in bounded bites, so that no lock is held for long.
PRUNE = """
DELETE FROM outbox_message WHERE id IN (
    SELECT id FROM outbox_message
    WHERE state = 'done' AND done_at < clock_timestamp() - make_interval(hours => %(keep_hours)s)
    LIMIT 5000
)
"""

# Seconds until the next row that a turn would take is due; no row: null.
NEXT_DUE = """
SELECT extract(epoch FROM min(due_at) - clock_timestamp()) FROM outbox_message
WHERE state = 'pending' AND attempts < %(max_attempts)s
"""

# Uses the partial indexes: the done rows are never read.
OVERVIEW = """
SELECT
    (SELECT count(*) FROM outbox_message WHERE state = 'pending'),
    (SELECT count(*) FROM outbox_message WHERE state = 'failed'),
    (SELECT extract(epoch FROM clock_timestamp() - min(created_at)) FROM outbox_message WHERE state = 'pending')
"""
