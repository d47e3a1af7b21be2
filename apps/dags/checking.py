"""A document inside an org: what it has, what of it a document may use, and whether a version could be activated today."""

from __future__ import annotations

from dataclasses import asdict, replace

from apps.chains.domain import KnownPool
from apps.chains.selectors import known_pools
from apps.dags.document.facts import Facts
from apps.dags.document.meaning import Meaning, meaning_of
from apps.dags.document.problems import Problem
from apps.dags.document.shape import is_dataset_name
from apps.dags.document.surroundings import KnownDataset, Surroundings
from apps.dags.document.validating import Checked
from apps.dags.document.validating import check as check_text
from apps.dags.models import Dag, Job
from apps.datasets.models import Dataset
from apps.datasets.selectors import datasets_called, names_near
from apps.orgs.models import Org
from apps.platform.errors import Invalid
from apps.platform.tables import Shape
from apps.tables.selectors import shapes_of
from operators.sdk.catalogue import catalogue
from operators.sdk.words import FieldType, SourceKind


def check(org: Org, text: str, *, dag: str = "") -> Checked:
    """`dag`: the name that the document must have; empty for any."""
    known = Surroundings(catalogue().operators, dag=dag)
    return check_text(text, known, lambda facts: _found(org, facts))


def _found(org: Org, facts: Facts) -> Surroundings:
    """Of all that the org has only what the document mentions: it is asked at every keystroke, and inside the org's lock."""
    name = facts.parsed.raw.get("name")
    read = {one for _, one in facts.references()}
    rows = datasets_called(org, [one for one in read | set(facts.parsed.publish) if is_dataset_name(one)])
    near = names_near(org, read - set(rows) - set(facts.parsed.publish))
    tables = shapes_of(row for row in rows.values() if row.org_id == org.pk and row.name in facts.parsed.publish)
    datasets = {row.name: _known(org, row, me=name, table=tables.get(row.pk)) for row in rows.values()}
    return replace(
        facts.known, datasets=datasets, near=frozenset(near), webhooks=_webhooks(org, facts, me=name), pools=_pools(facts)
    )


def _known(org: Org, row: Dataset, *, me: object, table: Shape | None) -> KnownDataset:
    writers = list(row.producers.all()) if row.org_id == org.pk else []
    where = {name: FieldType(kind) for name, kind in row.where.items()}
    schemas = (writer.spec["schema"] for writer in writers if writer.dag != me and writer.spec.get("schema"))
    producers = tuple(sorted(one.dag for one in writers))
    return KnownDataset(row.name, producers, row.multi_writer, where, next(schemas, None), table)


def _pools(facts: Facts) -> dict[str, KnownPool] | None:
    return known_pools() if any(facts.named_pools()) else None


def _webhooks(org: Org, facts: Facts, *, me: object) -> dict[str, str]:
    paths = [path for _, _, path in facts.webhooks()]
    if not paths:
        return {}
    heard = Job.objects.filter(version__in=Dag.objects.of(org).exclude(name=str(me)).values("active"))
    heard = heard.filter(spec__source__kind=SourceKind.WEBHOOK.value, spec__source__path__in=paths)
    return dict(heard.values_list("spec__source__path", "version__dag__name"))


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
