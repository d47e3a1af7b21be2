from django.db import migrations, models

# Of a dataset that several write nobody is the one.
_LAST = """
UPDATE datasets_dataset AS d SET last_dag = coalesce(
    (SELECT p.dag FROM datasets_producer AS p WHERE p.dataset_id = d.id AND p.exclusive),
    (SELECT o.dag FROM datasets_output AS o WHERE o.id = d.output_id), ''
) WHERE NOT d.multi_writer
"""


class Migration(migrations.Migration):
    dependencies = [("datasets", "0008_pre_covering")]

    operations = [
        migrations.AddField("dataset", "last_dag", models.CharField(blank=True, db_default="", default="", max_length=63)),
        migrations.AddField("producer", "took_over", models.BooleanField(db_default=False, default=False)),
        migrations.RunSQL(_LAST, migrations.RunSQL.noop),
    ]
