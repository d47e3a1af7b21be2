from django.db import migrations, models

# A draft of a new DAG had no name, so that there could be one only. Its own id gives it a slot.
NAME = "UPDATE dags_draft SET name = '-' || left(replace(id::text, '-', ''), 8) WHERE name = ''"


class Migration(migrations.Migration):
    dependencies = [("dags", "0001_initial")]

    operations = [
        migrations.RunSQL(NAME, migrations.RunSQL.noop),
        migrations.AlterField(model_name="draft", name="name", field=models.CharField(max_length=63)),
    ]
