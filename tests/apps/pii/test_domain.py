"""What can be said of a column, and what a request must say."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from apps.pii.domain import LONGEST, Handling, Job, Kind, Mask, job_of, marking, wish
from apps.platform.errors import Invalid
from tests.apps.pii.makers import PURPOSE
from tests.factories import NOON


def wished(**other: Any) -> Any:
    given: dict[str, Any] = {
        "dataset": "customers",
        "columns": ["email"],
        "purpose": PURPOSE,
        "expires_at": NOON + timedelta(days=1),
    }
    return wish(**(given | other), now=NOON)


@pytest.mark.parametrize(("handling", "mask"), [("mask", "hash"), ("mask", "last_four"), ("mask", "null"), ("refuse", None)])
def test_a_marking_masks_with_a_mask_or_refuses_without_one(handling: str, mask: str | None) -> None:
    made = marking(kind="phone", handling=handling, mask=mask, note="  of   the\nimport ")

    assert (made.kind, made.handling, made.mask) == (Kind.PHONE, Handling(handling), Mask(mask) if mask else None)
    assert made.note == "of the import"


@pytest.mark.parametrize(("given", "code"), [
    ({"kind": "shoe_size", "handling": "refuse"}, "pii_bad_kind"),
    ({"kind": "ip", "handling": "shrug"}, "pii_bad_handling"),
    ({"kind": "ip", "handling": "mask"}, "pii_bad_mask"),
    ({"kind": "ip", "handling": "mask", "mask": "rot13"}, "pii_bad_mask"),
    ({"kind": "ip", "handling": "refuse", "mask": "hash"}, "pii_bad_mask"),
    ({"kind": "ip", "handling": "refuse", "note": "x" * 501}, "pii_text_too_long"),
    ({"kind": "ip", "handling": "refuse", "note": "a\0b"}, "pii_text_too_long"),
])  # fmt: skip
def test_a_marking_that_makes_no_sense_is_refused(given: dict[str, Any], code: str) -> None:
    with pytest.raises(Invalid) as refused:
        marking(**given)

    assert refused.value.code == code


@pytest.mark.parametrize(("given", "code"), [
    ({"purpose": ""}, "purpose_needed"),
    ({"purpose": "because"}, "purpose_needed"),
    ({"purpose": "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}, "purpose_needed"),
    ({"purpose": "a b c"}, "purpose_needed"),
    ({"expires_at": NOON}, "pii_expiry_past"),
    ({"expires_at": NOON + LONGEST + timedelta(seconds=1)}, "pii_expiry_too_far"),
    ({"columns": []}, "pii_columns_needed"),
    ({"columns": [" "]}, "pii_bad_column"),
    ({"columns": ["a,b"]}, "pii_bad_column"),
    ({"columns": ["a/b"]}, "pii_bad_column"),
    ({"dataset": "No such name"}, "pii_bad_dataset"),
])  # fmt: skip
def test_a_wish_that_nobody_could_judge_is_refused(given: dict[str, Any], code: str) -> None:
    with pytest.raises(Invalid) as refused:
        wished(**given)

    assert refused.value.code == code


def test_a_wish_may_last_a_year_to_the_second() -> None:
    assert wished(expires_at=NOON + LONGEST).expires_at == NOON + LONGEST


def test_names_are_folded_as_sql_folds_them_and_each_stands_once() -> None:
    assert wished(columns=["Phone", "EMAIL", "email "]).columns == ("email", "phone")
    assert wished(columns=None).columns is None


@pytest.mark.parametrize(("dag", "name"), [("", "load"), ("hot", ""), ("Hot", "load"), ("hot", "load-it"), ("h" * 64, "load")])
def test_a_job_has_the_names_of_the_yaml(dag: str, name: str) -> None:
    assert job_of("monad-hot", "load_it") == Job("monad-hot", "load_it")
    with pytest.raises(Invalid, match="named by its DAG"):
        job_of(dag, name)
