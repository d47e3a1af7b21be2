"""The log is read through an index, however it is filtered, and not from its beginning to its end."""

from __future__ import annotations

import uuid

import pytest
from django.db import connection

from apps.audit import selectors
from apps.audit.models import Record

pytestmark = pytest.mark.django_db
ORG = uuid.uuid4()


@pytest.fixture
def log() -> None:
    """Forty people do forty things in two orgs."""
    Record.objects.bulk_create(
        Record(
            org_id=ORG if number % 2 else uuid.uuid5(ORG, "other"), actor_kind="person", actor_name=f"p{number % 41}@trace.example",
            action=f"a{number % 43}.change", object_kind="thing", object_id=str(number % 47),
        )
        for number in range(4000)
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE audit_record")


@pytest.mark.usefixtures("log")
@pytest.mark.parametrize(("filters", "of_org", "everywhere"), [
    ({"actor": "P7@trace.example"}, "audit_org_actor_name", "audit_actor"),
    ({"action": "a7."}, "audit_org_action", "audit_action"),
    ({"object_kind": "thing", "object_id": "7"}, "audit_org_object", "audit_object"),
])  # fmt: skip
def test_each_filter_has_its_index(filters: dict[str, str], of_org: str, everywhere: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    found = selectors.records_of(ORG, filters=filters), selectors.records_everywhere(filters=filters)

    assert [len(records) > 0 for records in found] == [True, True]
    for records, index in zip(found, (of_org, everywhere), strict=True):
        assert f"{index} " in records.explain()
