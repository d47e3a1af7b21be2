from datetime import timedelta
from typing import Any

import django.db.models.deletion
from django.db import migrations, models
from django.utils import timezone

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def fill(apps: Any, _: object) -> None:
    """From what the DAGs wrote; the loop finds out which are late."""
    freshness, now = apps.get_model("datasets", "Freshness"), timezone.now()
    for producer in apps.get_model("datasets", "Producer").objects.filter(spec__has_key="cadence").iterator():
        if not (written := producer.spec["cadence"]):
            continue
        seconds = min(int(written[:-1]) * _SECONDS[written[-1]], int(timedelta(days=3650).total_seconds()))
        row, _made = freshness.objects.get_or_create(
            dataset_id=producer.dataset_id, defaults={"cadence_seconds": seconds, "since": producer.since, "look_at": now}
        )
        freshness.objects.filter(pk=row.pk, cadence_seconds__gt=seconds).update(cadence_seconds=seconds)


class Migration(migrations.Migration):
    dependencies = [("datasets", "0004_pre_purges")]

    operations = [
        migrations.CreateModel(
            name="Freshness",
            fields=[
                (
                    "dataset",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="freshness",
                        serialize=False,
                        to="datasets.dataset",
                    ),
                ),
                ("cadence_seconds", models.PositiveIntegerField()),
                ("since", models.DateTimeField()),
                ("look_at", models.DateTimeField()),
                ("late_since", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name_plural": "cadences",
                "indexes": [
                    models.Index(fields=["look_at"], name="freshness_look"),
                    models.Index(condition=models.Q(("late_since__isnull", False)), fields=["dataset"], name="freshness_late"),
                ],
            },
        ),
        migrations.RunPython(fill, migrations.RunPython.noop, hints={"database": "default"}),
    ]
