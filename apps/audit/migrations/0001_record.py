"""The audit log: a table that can be written to and read, and nothing else."""

import django.db.models.functions.datetime
from django.db import migrations, models

import apps.orm.ids

# For whoever changes rows, the owner included; to truncate is a right that no process of ours has (traceweb/grants.py). The pruner says who it is; nobody else may call it (see the function's rights).
APPEND_ONLY = """
CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('trace.audit_pruning', true) = 'yes' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON audit_record FOR EACH ROW EXECUTE FUNCTION audit_refuse();

-- Runs with its owner's rights: the caller needs no right to delete, and cannot go below the floor of 30 days.
CREATE FUNCTION audit_prune(keep_days integer) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
    gone bigint;
BEGIN
    IF keep_days < 30 THEN
        RAISE EXCEPTION 'the audit log is kept for at least 30 days';
    END IF;
    PERFORM set_config('trace.audit_pruning', 'yes', true);
    DELETE FROM audit_record WHERE at < clock_timestamp() - make_interval(days => keep_days);
    GET DIAGNOSTICS gone = ROW_COUNT;
    PERFORM set_config('trace.audit_pruning', 'no', true);
    RETURN gone;
END $$;
REVOKE ALL ON FUNCTION audit_prune(integer) FROM PUBLIC;
"""
FORGET = """
DROP FUNCTION audit_prune(integer);
DROP TRIGGER audit_append_only ON audit_record;
DROP FUNCTION audit_refuse();
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Record",
            fields=[
                ("id", models.UUIDField(db_default=apps.orm.ids.UuidV7(), editable=False, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("org_id", models.UUIDField(blank=True, null=True)),
                ("action", models.CharField(max_length=60)),
                ("actor_kind", models.CharField(choices=[("person", "person"), ("system", "system")], max_length=10)),
                ("actor_id", models.UUIDField(blank=True, null=True)),
                ("actor_name", models.CharField(max_length=254)),
                ("token_id", models.UUIDField(blank=True, null=True)),
                ("object_kind", models.CharField(max_length=40)),
                ("object_id", models.CharField(max_length=300)),
                ("object_name", models.CharField(blank=True, default="", max_length=300)),
                ("before", models.JSONField(blank=True, null=True)),
                ("after", models.JSONField(blank=True, null=True)),
                ("request_id", models.CharField(blank=True, default="", max_length=64)),
                ("address", models.CharField(blank=True, default="", max_length=45)),
            ],
            options={
                "db_table": "audit_record",
                "indexes": [
                    models.Index(fields=["org_id", "-id"], name="audit_org"),
                    models.Index(fields=["org_id", "actor_id", "-id"], name="audit_org_actor"),
                    models.Index(fields=["org_id", "object_kind", "object_id", "-id"], name="audit_org_object"),
                    models.Index(fields=["at"], name="audit_at"),
                ],
            },
        ),
        migrations.RunSQL(APPEND_ONLY, FORGET),
    ]
