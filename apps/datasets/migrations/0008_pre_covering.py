from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("datasets", "0007_pre_search")]

    operations = [
        migrations.AddIndex("producer", models.Index(fields=["dag"], name="producer_dag")),
        migrations.RemoveIndex("partition", "partition_range"),
        migrations.AddIndex(
            "partition",
            models.Index(
                fields=["version", "range_start"],
                include=["range_end", "number"],
                name="partition_range",
                condition=Q(superseded_at__isnull=True),
            ),
        ),
    ]
