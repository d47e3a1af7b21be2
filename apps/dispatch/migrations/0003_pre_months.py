"""The tables that grow without end become partitioned by month: to forget a month is to drop it.

By ranges of their ids, which begin with the time (UUIDv7), so that the primary key stays the id alone. A task and all that
belongs to it is dropped by whole months; `dispatch_dedupe` and `dispatch_materialisation` are thinned out by the same call.
"""

from django.db import migrations

MONTHS = """
DO $$
DECLARE
    grown text;
    definition text;
    definitions text[];
BEGIN
    FOREACH grown IN ARRAY ARRAY['dispatch_task', 'dispatch_attempt', 'dispatch_taskinput', 'dispatch_event', 'dispatch_logchunk'] LOOP
        SELECT coalesce(array_agg(pg_get_indexdef(indexrelid)), '{}') INTO definitions
        FROM pg_index WHERE indrelid = grown::regclass AND NOT indisprimary;
        EXECUTE format('ALTER TABLE %I RENAME TO %I', grown, grown || '_plain');
        EXECUTE format(
            'CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS) PARTITION BY RANGE (id)', grown, grown || '_plain'
        );
        EXECUTE format('DROP TABLE %I', grown || '_plain');
        EXECUTE format('ALTER TABLE %I ADD PRIMARY KEY (id)', grown);
        FOREACH definition IN ARRAY definitions LOOP
            EXECUTE definition;
        END LOOP;
    END LOOP;
END $$;

-- The smallest UUIDv7 of an instant.
CREATE FUNCTION dispatch_id_at(instant timestamptz) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT (lpad(to_hex(floor(extract(epoch FROM instant) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;

-- The partitions of the month that holds the instant.
CREATE FUNCTION dispatch_add_month(instant timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public SET timezone = 'UTC' AS $$
DECLARE
    grown text;
    first timestamptz := date_trunc('month', instant);
BEGIN
    FOREACH grown IN ARRAY ARRAY['dispatch_task', 'dispatch_attempt', 'dispatch_taskinput', 'dispatch_event', 'dispatch_logchunk'] LOOP
        IF to_regclass(grown || to_char(first, '_YYYYMM')) IS NULL THEN
            EXECUTE format(
                'CREATE TABLE IF NOT EXISTS %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
                grown || to_char(first, '_YYYYMM'), grown, dispatch_id_at(first), dispatch_id_at(first + interval '1 month')
            );
            -- Room for an update beside the row; vacuum by count, not by share of a table that mostly rests.
            EXECUTE format(
                'ALTER TABLE %I SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000)',
                grown || to_char(first, '_YYYYMM')
            );
        END IF;
    END LOOP;
END $$;

-- Months to come are made, and those that ended more than `keep_months` ago are dropped, unless something of them still lives.
-- Returns how many months went. Runs with its owner's rights: the caller can neither make nor drop a table otherwise.
CREATE FUNCTION dispatch_turn_months(keep_months integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public SET timezone = 'UTC' AS $$
DECLARE
    month text;
    grown text;
    lives boolean;
    gone integer := 0;
BEGIN
    IF keep_months < 1 THEN
        RAISE EXCEPTION 'tasks are kept for at least a month';
    END IF;
    PERFORM dispatch_add_month(clock_timestamp() + n * interval '1 month') FROM generate_series(0, 2) AS n;
    FOR month IN
        SELECT right(relname, 6) FROM pg_class
        WHERE relname ~ '^dispatch_task_[0-9]{6}$' AND relkind = 'r'
            AND right(relname, 6) < to_char(clock_timestamp() - make_interval(months => keep_months), 'YYYYMM')
        ORDER BY 1
    LOOP
        EXECUTE format(
            'SELECT EXISTS (SELECT FROM %I WHERE status IN (''queued'', ''running'') OR status = ''failed'' AND next_retry_at IS NOT NULL)',
            'dispatch_task_' || month
        ) INTO lives;
        CONTINUE WHEN lives;
        FOREACH grown IN ARRAY ARRAY['dispatch_task', 'dispatch_attempt', 'dispatch_taskinput', 'dispatch_event', 'dispatch_logchunk'] LOOP
            EXECUTE format('DROP TABLE IF EXISTS %I', grown || '_' || month);
        END LOOP;
        gone := gone + 1;
    END LOOP;
    IF gone > 0 THEN
        DELETE FROM dispatch_dedupe
        WHERE task_id < dispatch_id_at(date_trunc('month', clock_timestamp() - make_interval(months => keep_months)))
            AND NOT EXISTS (SELECT FROM dispatch_task WHERE dispatch_task.id = dispatch_dedupe.task_id);
    END IF;
    RETURN gone;
END $$;
REVOKE ALL ON FUNCTION dispatch_add_month(timestamptz), dispatch_turn_months(integer) FROM PUBLIC;

SELECT dispatch_turn_months(1200);
"""
FORGET = """
DROP FUNCTION dispatch_turn_months(integer), dispatch_add_month(timestamptz), dispatch_id_at(timestamptz);
"""


class Migration(migrations.Migration):
    dependencies = [("dispatch", "0002_pre_tasks")]

    operations = [migrations.RunSQL(MONTHS, FORGET)]
