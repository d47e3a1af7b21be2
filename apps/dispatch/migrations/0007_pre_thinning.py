"""Keys and counts of what is gone are forgotten in bites, by whoever calls the function, and no longer in one statement of it."""

import django.db.models.functions.datetime
from django.db import migrations, models

MONTHS = """
-- Months to come are made, and those that ended more than `keep_months` ago are dropped, unless something of them still lives.
-- Returns how many months went. Runs with its owner's rights: the caller can neither make nor drop a table otherwise.
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
        FOREACH grown IN ARRAY ARRAY['dispatch_task', 'dispatch_attempt', 'dispatch_taskinput', 'dispatch_event', 'dispatch_logchunk'] LOOP
            EXECUTE format('DROP TABLE IF EXISTS %I', grown || '_' || month);
        END LOOP;
        gone := gone + 1;
    END LOOP;
    RETURN gone;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("dispatch", "0006_pre_joinable")]

    operations = [
        migrations.AddField(
            "materialisation", "raised_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())
        ),
        migrations.RunSQL(MONTHS, migrations.RunSQL.noop),
    ]
