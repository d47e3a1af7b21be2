"""The SQL of the queue, one statement per verb."""
# ruff: noqa: S608  the only thing that is put in is the constant below

CHANNEL = "trace_queue"

# Store a batch and wake whoever waits, in one round trip; the notice leaves with the commit.
PUBLISH = """
WITH stored AS (
    INSERT INTO queue.message (queue, payload, visible_at)
    SELECT %(queue)s, payload::jsonb, clock_timestamp() + %(delay)s FROM unnest(%(payloads)s::text[]) AS p(payload)
)
SELECT pg_notify('trace_queue', %(queue)s)
"""

# Move what was delivered too often out of the way; bounded, because it runs before every receive.
BURY = """
WITH dying AS (
    SELECT id FROM queue.message
    WHERE queue = %(queue)s AND visible_at <= clock_timestamp() AND receives >= %(max_receives)s
    ORDER BY visible_at LIMIT 100 FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM queue.message AS m USING dying WHERE m.id = dying.id
    RETURNING m.id, m.queue, m.payload, m.receives, m.published_at
)
INSERT INTO queue.dead_letter (id, queue, payload, receives, published_at) SELECT * FROM gone
"""

# A delivery, its visibility and its acknowledgement may be lost with the server: then the message comes again, as it may at
# any time. Not waiting for the disk makes a receive several times quicker; what is published waits.
_NEED_NOT_LAST = "relaxed AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))"

# Take visible messages, oldest first, and hide them. Uses index message_visible.
RECEIVE = f"""
WITH {_NEED_NOT_LAST}, next AS (
    SELECT id FROM queue.message
    WHERE queue = %(queue)s AND visible_at <= clock_timestamp() AND receives < %(max_receives)s
    ORDER BY visible_at, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
UPDATE queue.message AS m
SET visible_at = clock_timestamp() + %(visibility)s, receives = m.receives + 1, receipt = gen_random_uuid()
FROM next, relaxed WHERE m.id = next.id
RETURNING m.id::text, m.receipt::text, m.payload, m.receives
"""

# When the next message of the queue becomes visible by itself: a delay or a visibility that ends.
NEXT_VISIBLE = """
SELECT extract(epoch FROM min(visible_at) - clock_timestamp())::float8 FROM queue.message WHERE queue = %(queue)s
"""

EXTEND = f"""
WITH {_NEED_NOT_LAST}
UPDATE queue.message SET visible_at = clock_timestamp() + %(visibility)s FROM relaxed
WHERE id = %(id)s::uuid AND receipt = %(receipt)s::uuid
"""

ACK = f"""
WITH {_NEED_NOT_LAST}
DELETE FROM queue.message AS m USING unnest(%(ids)s::uuid[], %(receipts)s::uuid[]) AS a(id, receipt), relaxed
WHERE m.id = a.id AND m.receipt = a.receipt
"""

DEPTH = """
SELECT
    count(*) FILTER (WHERE visible_at <= clock_timestamp()),
    count(*) FILTER (WHERE visible_at > clock_timestamp() AND receives > 0),
    count(*) FILTER (WHERE visible_at > clock_timestamp() AND receives = 0),
    (SELECT count(*) FROM queue.dead_letter WHERE queue = %(queue)s)
FROM queue.message WHERE queue = %(queue)s
"""
