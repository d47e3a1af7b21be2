from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("datasets", "0009_pre_took_over")]

    operations = [
        migrations.AddField("purge", "problem", models.TextField(blank=True, db_default="", default="")),
        migrations.AddField("purge", "problem_since", models.DateTimeField(null=True)),
    ]
