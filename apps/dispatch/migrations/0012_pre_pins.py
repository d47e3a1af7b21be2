"""What attempts read. It grows as their events do, so it is kept by months as they are."""

import apps.orm.ids
from django.db import migrations, models

MONTHS = """
-- The tables that grow without end. A task and all that belongs to it is dropped by whole months.
CREATE FUNCTION dispatch_grown() RETURNS text[] LANGUAGE sql IMMUTABLE AS $$
    SELECT ARRAY['dispatch_task', 'dispatch_attempt', 'dispatch_taskinput', 'dispatch_pin', 'dispatch_event', 'dispatch_logchunk']
$$;

ALTER TABLE dispatch_pin RENAME TO dispatch_pin_plain;
CREATE TABLE dispatch_pin (LIKE dispatch_pin_plain INCLUDING DEFAULTS INCLUDING CONSTRAINTS) PARTITION BY RANGE (id);
DROP TABLE dispatch_pin_plain;
ALTER TABLE dispatch_pin ADD PRIMARY KEY (id);

CREATE OR REPLACE FUNCTION dispatch_add_month(instant timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public SET timezone = 'UTC' AS $$
DECLARE
    grown text;
    first timestamptz := date_trunc('month', instant);
BEGIN
    FOREACH grown IN ARRAY dispatch_grown() LOOP
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

CREATE OR REPLACE FUNCTION dispatch_turn_months(keep_months integer) RETURNS integer
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
        FOREACH grown IN ARRAY dispatch_grown() LOOP
            EXECUTE format('DROP TABLE IF EXISTS %I', grown || '_' || month);
        END LOOP;
        gone := gone + 1;
    END LOOP;
    RETURN gone;
END $$;
REVOKE ALL ON FUNCTION dispatch_grown() FROM PUBLIC;

-- Months that are there already. By their middle: whatever zone the session is in, it is the same month.
SELECT dispatch_add_month(to_timestamp(right(relname, 6) || '15', 'YYYYMMDD')) FROM pg_class WHERE relname ~ '^dispatch_task_[0-9]{6}$' AND relkind = 'r';
"""


class Migration(migrations.Migration):
    dependencies = [("dispatch", "0011_pre_invalidations")]

    operations = [
        migrations.CreateModel(
            name="Pin",
            fields=[
                ("id", models.UUIDField(db_default=apps.orm.ids.UuidV7(), editable=False, primary_key=True, serialize=False)),
                ("task_id", models.UUIDField()),
                ("attempt", models.PositiveIntegerField()),
                ("input", models.PositiveSmallIntegerField()),
                ("version_id", models.UUIDField()),
                ("partition_id", models.UUIDField(null=True)),
                ("key", models.CharField(max_length=200)),
                ("number", models.PositiveIntegerField()),
                ("range_start", models.BigIntegerField(null=True)),
                ("range_end", models.BigIntegerField(null=True)),
                ("cursor", models.DecimalField(decimal_places=0, max_digits=78, null=True)),
                ("rows", models.PositiveBigIntegerField()),
                ("size_bytes", models.PositiveBigIntegerField()),
                ("read_rows", models.PositiveBigIntegerField(null=True)),
                ("read_bytes", models.PositiveBigIntegerField(null=True)),
            ],
        ),
        migrations.RunSQL(MONTHS, migrations.RunSQL.noop),
        migrations.AddIndex("pin", models.Index(fields=["task_id", "attempt", "input"], name="pin_task")),
    ]
