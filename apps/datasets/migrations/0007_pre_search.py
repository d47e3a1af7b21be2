from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import migrations, models
from django.db.models import Value
from django.db.models.functions import Concat, Upper


class Migration(migrations.Migration):
    dependencies = [("datasets", "0006_pre_access_requests")]

    operations = [
        # One that the owner of a database may make.
        migrations.RunSQL("CREATE EXTENSION IF NOT EXISTS pg_trgm", migrations.RunSQL.noop),
        migrations.AddIndex(
            "dataset",
            GinIndex(
                OpClass(
                    Upper(
                        Concat("name", Value("\n"), "description", Value("\n"), "column_names", output_field=models.TextField())
                    ),
                    name="gin_trgm_ops",
                ),
                name="dataset_search",
            ),
        ),
    ]
