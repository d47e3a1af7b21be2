"""What does not hold any more, and who has done it again."""

import apps.orm.ids
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

# The jobs that live already; what they were before is not known.
ARMED = """
INSERT INTO dispatch_armed (job_id, generation, first_at) SELECT id, generation, now() FROM dispatch_livejob WHERE job_id IS NOT NULL
"""


class Migration(migrations.Migration):
    dependencies = [
        ("dispatch", "0010_pre_candidates"),
        ("orgs", "0007_pre_kept_answers"),
    ]

    operations = [
        migrations.AlterField(
            model_name="task",
            name="cause",
            field=models.CharField(
                choices=[
                    ("event", "event"),
                    ("cron", "cron"),
                    ("webhook", "webhook"),
                    ("manual", "manual"),
                    ("source", "source"),
                    ("rerun", "rerun"),
                    ("rebuild", "rebuild"),
                    ("invalidation", "invalidation"),
                ],
                max_length=12,
            ),
        ),
        migrations.CreateModel(
            name="Invalidation",
            fields=[
                ("id", models.UUIDField(db_default=apps.orm.ids.UuidV7(), editable=False, primary_key=True, serialize=False)),
                ("output", models.PositiveSmallIntegerField()),
                ("generation", models.UUIDField()),
                ("scope", models.CharField(choices=[("partition", "partition"), ("row_range", "row_range")], max_length=10)),
                ("partition_key", models.CharField(blank=True, max_length=200)),
                ("range_start", models.BigIntegerField(null=True)),
                ("range_end", models.BigIntegerField(null=True)),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("reorg", "reorg"),
                            ("correction", "correction"),
                            ("schema_change", "schema_change"),
                            ("manual", "manual"),
                        ],
                        max_length=15,
                    ),
                ),
                ("task_id", models.UUIDField(null=True)),
                ("identity", models.CharField(blank=True, max_length=300)),
                ("said_by_id", models.UUIDField(null=True)),
                ("root_id", models.UUIDField(null=True)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("planned_at", models.DateTimeField(null=True)),
                ("done_at", models.DateTimeField(null=True)),
                (
                    "job",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="invalidations", to="dispatch.livejob"
                    ),
                ),
                ("org", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="orgs.org")),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="InvalidationMark",
            fields=[
                ("id", models.UUIDField(db_default=apps.orm.ids.UuidV7(), editable=False, primary_key=True, serialize=False)),
                ("generation", models.UUIDField()),
                ("task_id", models.UUIDField(null=True)),
                ("processed_at", models.DateTimeField(null=True)),
                (
                    "consumer",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="dispatch.livejob"),
                ),
                (
                    "invalidation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="marks", to="dispatch.invalidation"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Armed",
            fields=[
                ("id", models.UUIDField(db_default=apps.orm.ids.UuidV7(), editable=False, primary_key=True, serialize=False)),
                ("generation", models.UUIDField()),
                ("first_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("job", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="dispatch.livejob")),
            ],
            options={
                "verbose_name_plural": "armed generations",
                "constraints": [models.UniqueConstraint(fields=("job", "generation"), name="armed_once")],
            },
        ),
        migrations.AddIndex(
            model_name="invalidation",
            index=models.Index(
                condition=models.Q(("planned_at__isnull", True)), fields=["org", "id"], name="invalidation_unplanned"
            ),
        ),
        migrations.AddIndex(
            model_name="invalidation",
            index=models.Index(condition=models.Q(("done_at__isnull", True)), fields=["job", "output"], name="invalidation_open"),
        ),
        migrations.AddIndex(
            model_name="invalidation",
            index=models.Index(fields=["job", "output", "-id"], name="invalidation_output"),
        ),
        migrations.AddConstraint(
            model_name="invalidation",
            constraint=models.UniqueConstraint(
                condition=models.Q(("task_id__isnull", False)), fields=("task_id", "identity"), name="invalidation_once"
            ),
        ),
        migrations.AddIndex(
            model_name="invalidationmark",
            index=models.Index(fields=["invalidation", "consumer"], name="mark_invalidation"),
        ),
        migrations.AddIndex(
            model_name="invalidationmark",
            index=models.Index(condition=models.Q(("processed_at__isnull", True)), fields=["task_id"], name="mark_of_task"),
        ),
        migrations.AddIndex(
            model_name="invalidationmark",
            index=models.Index(condition=models.Q(("processed_at__isnull", True)), fields=["consumer"], name="mark_open"),
        ),
        migrations.RunSQL(ARMED, migrations.RunSQL.noop),
    ]
