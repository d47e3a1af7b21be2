"""A task that nobody claims is told of again, and ever more seldom since it was handed over."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("dispatch", "0007_pre_thinning")]

    operations = [
        migrations.AddField("task", "told_again_at", models.DateTimeField(null=True)),
    ]
