"""A document inside an org: what it has, what of it a document may use, and whether a version could be activated today."""

from __future__ import annotations

from dataclasses import asdict

from apps.dags.document.meaning import Meaning, meaning_of
from apps.dags.document.problems import Problem
from apps.dags.document.surroundings import KnownDataset, Surroundings
from apps.dags.document.validating import Checked
from apps.dags.document.validating import check as check_text
from apps.datasets.selectors import datasets_of
from apps.orgs.models import Org
from apps.platform.errors import Invalid
from operators.sdk.catalogue import catalogue
from operators.sdk.words import FieldType


def check(org: Org, text: str, *, dag: str = "") -> Checked:
    """`dag`: the name that the document must have; empty for any."""
    return check_text(text, surroundings(org, dag=dag))


def surroundings(org: Org, *, dag: str = "") -> Surroundings:
    datasets = {}
    for dataset in datasets_of(org):
        writers = [producer.dag for producer in dataset.producers.all()]
        where = {name: FieldType(kind) for name, kind in dataset.where.items()}
        # Of several writers any other one will do: a rule asks whether somebody else has the name.
        other = next((writer for writer in writers if writer != dag), "") if dag else next(iter(writers), "")
        datasets[dataset.name] = KnownDataset(dataset.name, other, dataset.multi_writer, where)
    return Surroundings(catalogue().operators, datasets, dag=dag)


def require_valid(checked: Checked) -> Meaning:
    if checked.problems or checked.facts is None:
        count = len(checked.problems)
        raise Invalid(
            f"This document has {count} problem{'s' if count != 1 else ''}.", code="invalid_dag", errors=told(checked.problems)
        )
    return meaning_of(checked.facts)


def told(problems: list[Problem]) -> list[dict[str, object]]:
    """As API and pages say them."""
    return [asdict(problem) | {"code": problem.code.value} for problem in problems]
