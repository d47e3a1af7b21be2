"""Classify, reclassify, declassify: each told, none twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError

from apps.audit.models import Record
from apps.orgs.models import Org
from apps.pii import services
from apps.pii.domain import Marking, marking
from apps.pii.models import ColumnClassification
from apps.platform.errors import Conflict, Invalid, NotFound
from tests.apps.pii.makers import make_classified
from tests.factories import NOON, Persona, acting

pytestmark = pytest.mark.django_db
REFUSE = marking(kind="email", handling="refuse")
HASH = marking(kind="email", handling="mask", mask="hash", note="From the import.")


def classify(org: Org, admin: Persona, mark: Marking = REFUSE, column: str = "Email") -> ColumnClassification:
    return services.classify(org, "customers", column, mark, by=acting(admin), now=NOON)


def test_a_column_is_classified_once_however_it_is_written(org: Org, admin: Persona) -> None:
    row = classify(org, admin)

    assert (row.dataset, row.column, row.classified_by_id) == ("customers", "email", admin.person.pk)
    with pytest.raises(Conflict) as refused:
        classify(org, admin, column="EMAIL")
    assert refused.value.code == "pii_already_classified"


def test_two_orgs_classify_the_same_names(org: Org, admin: Persona, stranger: Persona) -> None:
    classify(org, admin)
    classify(stranger.org, stranger)

    assert ColumnClassification.objects.count() == 2


def test_each_change_is_told_with_before_and_after(org: Org, admin: Persona) -> None:
    row = classify(org, admin)
    row = services.reclassify(row, HASH, by=acting(admin), now=NOON + timedelta(days=1))
    services.declassify(row, by=acting(admin))

    first = {"kind": "email", "handling": "refuse", "mask": None, "note": ""}
    second = {"kind": "email", "handling": "mask", "mask": "hash", "note": "From the import."}
    assert list(Record.objects.order_by("pk").values_list("action", "before", "after", "object_name")) == [
        ("pii.classify", None, first, "customers.email"),
        ("pii.reclassify", first, second, "customers.email"),
        ("pii.declassify", second, {"handling": "none"}, "customers.email"),
    ]


def test_the_same_classification_again_changes_and_tells_nothing(org: Org, admin: Persona) -> None:
    row = classify(org, admin)
    again = services.reclassify(row, REFUSE, by=acting(admin), now=NOON + timedelta(days=1))

    assert again.classified_at == NOON
    assert Record.objects.count() == 1


def test_what_is_gone_meanwhile_says_so(org: Org, admin: Persona) -> None:
    row = classify(org, admin)
    services.declassify(ColumnClassification.objects.get(), by=acting(admin))

    with pytest.raises(NotFound):
        services.reclassify(row, HASH, by=acting(admin), now=NOON)
    with pytest.raises(NotFound):
        services.declassify(row, by=acting(admin))
    assert Record.objects.count() == 2


@pytest.mark.parametrize(
    ("dataset", "column"), [("", "email"), ("Cust omers", "email"), ("c" * 129, "email"), ("c", ""), ("c", "a/b")]
)
def test_a_name_that_nothing_can_have_is_refused(org: Org, admin: Persona, dataset: str, column: str) -> None:
    with pytest.raises(Invalid):
        services.classify(org, dataset, column, REFUSE, by=acting(admin), now=NOON)


@pytest.mark.parametrize(("handling", "mask"), [("mask", ""), ("refuse", "hash"), ("mask", "rot13"), ("shrug", "")])
def test_the_table_keeps_handling_and_mask_together(org: Org, handling: str, mask: str) -> None:
    (row,) = make_classified(org, "email")

    with pytest.raises(IntegrityError, match="pii_classification_mask"):
        ColumnClassification.objects.filter(pk=row.pk).update(handling=handling, mask=mask)
