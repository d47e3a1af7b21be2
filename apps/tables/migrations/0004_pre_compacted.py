"""What an org has in *data* is made with its tables: orgs that have some already get what came since, with one of theirs."""

from typing import Any

from django.db import migrations


def prepare_again(apps: Any, _: object) -> None:
    tables, messages = apps.get_model("tables", "HotTable"), apps.get_model("outbox", "Message")
    for table in tables.objects.filter(state="ready").order_by("org_id", "pk").distinct("org_id"):
        tables.objects.filter(pk=table.pk).update(state="pending")
        messages.objects.create(kind="prepare_table", payload={"dataset_id": str(table.pk)}, org_id=table.org_id)


class Migration(migrations.Migration):
    dependencies = [("tables", "0003_pre_readers"), ("outbox", "0002_pre_claims")]

    operations = [migrations.RunPython(prepare_again, migrations.RunPython.noop, hints={"database": "default"})]
