-- The Postgres queue: one table for every queue, its dead letters beside the living. Idempotent; run by the owner.
CREATE SCHEMA IF NOT EXISTS queue;

CREATE TABLE IF NOT EXISTS queue.message (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    queue text NOT NULL,
    payload jsonb NOT NULL,
    visible_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    receives integer NOT NULL DEFAULT 0,
    -- Changes at every delivery: a stale one holds the wrong receipt.
    receipt uuid,
    published_at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (
    -- Rows live for milliseconds: vacuum by count, not by share of a table that is almost empty.
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000,
    autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 5000
);
CREATE INDEX IF NOT EXISTS message_visible ON queue.message (queue, visible_at, id);

CREATE TABLE IF NOT EXISTS queue.dead_letter (
    id uuid PRIMARY KEY,
    queue text NOT NULL,
    payload jsonb NOT NULL,
    receives integer NOT NULL,
    published_at timestamptz NOT NULL,
    died_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX IF NOT EXISTS dead_letter_queue ON queue.dead_letter (queue, died_at);
