from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("dispatch", "0003_pre_months")]

    operations = [
        migrations.AddField("task", "container", models.CharField(blank=True, db_default="", max_length=300)),
        migrations.AddField("task", "container_attempt", models.PositiveIntegerField(null=True)),
    ]
