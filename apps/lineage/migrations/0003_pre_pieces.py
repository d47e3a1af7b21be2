from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("lineage", "0002_pre_words"),
    ]

    operations = [
        migrations.AddField(
            model_name="madefrom",
            name="partition_id",
            field=models.UUIDField(null=True),
        ),
        migrations.AddIndex(
            model_name="madefrom",
            index=models.Index(
                condition=models.Q(("key", "")), fields=["version_id", "range_start", "range_end"], name="made_from_blocks"
            ),
        ),
        # Nothing has asked by it yet.
        migrations.RemoveIndex(
            model_name="madefrom",
            name="made_from_range",
        ),
    ]
