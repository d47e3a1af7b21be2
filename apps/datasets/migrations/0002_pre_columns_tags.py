from typing import Any

import django.contrib.postgres.fields
from django.db import migrations, models


def fill(apps: Any, _: object) -> None:
    """From what the DAGs wrote. What only an operator declares comes with the next activation."""
    for producer in apps.get_model("datasets", "Producer").objects.select_related("dataset").order_by("-since").iterator():
        dataset, spec = producer.dataset, producer.spec
        said = spec.get("column_descriptions") or {}
        whole = {one["name"]: one for one in (spec.get("schema") or {}).get("columns", [])}
        names = list(dict.fromkeys([*whole, *said, *(spec.get("pii_columns") or [])]))
        dataset.tags = sorted(set(spec.get("tags") or []))
        dataset.columns = [_column(name, whole.get(name, {}), said.get(name, "")) for name in names]
        dataset.column_names = "\n".join(names)
        dataset.save(update_fields=["tags", "columns", "column_names"])


def _column(name: str, whole: dict[str, Any], description: str) -> dict[str, object]:
    nullable = bool(whole.get("nullable"))
    return {"name": name, "type": whole.get("type", ""), "nullable": nullable, "description": description}


class Migration(migrations.Migration):
    dependencies = [("datasets", "0001_initial")]

    operations = [
        migrations.AddField("dataset", "column_names", models.TextField(blank=True, db_default="", default="")),
        migrations.AddField("dataset", "columns", models.JSONField(db_default=[], default=list)),
        migrations.AddField(
            "dataset",
            "tags",
            django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=63), db_default=[], default=list, size=None
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop, hints={"database": "default"}),
    ]
