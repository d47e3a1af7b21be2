"""Which names of datasets an org has, and which DAG produces each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from apps.accounts.models import Person
from apps.audit import services as audit
from apps.audit.domain import Actor, Subject
from apps.datasets.domain import Publication
from apps.datasets.models import Dataset, Producer
from apps.datasets.services.expecting import expect
from apps.orgs import policy
from apps.orgs.domain import Level
from apps.orgs.models import Org
from apps.orgs.policy import Principal
from apps.orgs.services import change_visibility
from apps.platform.errors import Conflict, Forbidden


def publish(org: Org, dag: str, wanted: Sequence[Publication], *, owner: Person | None, by: Actor, now: datetime) -> None:
    """What the DAG publishes from now on, and nothing else. Inside the transaction of its activation."""
    # In one order, so that two activations never wait for each other; locked, so that they see who took a name.
    Org.objects.select_for_update(no_key=True).get(pk=org.pk)
    gone = _withdraw(org, dag, keep={one.name for one in wanted}, by=by)
    published = []
    for one in sorted(wanted, key=lambda wish: wish.name):
        dataset = _ensure(org, dag, one, owner=owner, by=by, now=now)
        _produce(dataset, dag, one, by=by, now=now)
        published.append(dataset)
    expect([*gone, *published], now=now)


def _withdraw(org: Org, dag: str, *, keep: set[str], by: Actor) -> list[Dataset]:
    gone = []
    for producer in Producer.objects.filter(dataset__org=org, dag=dag).exclude(dataset__name__in=keep).select_related("dataset"):
        producer.delete()
        audit.record("dataset.withdraw", _subject(producer.dataset), by=by, org_id=org.pk, before={"dag": dag})
        gone.append(producer.dataset)
    return gone


def _ensure(org: Org, dag: str, one: Publication, *, owner: Person | None, by: Actor, now: datetime) -> Dataset:
    dataset = Dataset.objects.of(org).filter(name=one.name).select_related("visible_to").first()
    if dataset is None:
        dataset = Dataset.objects.create(org=org, name=one.name, owner=owner, created_at=now, **_said(one))
        audit.record("dataset.create", _subject(dataset), by=by, org_id=org.pk, after={"storage": one.storage.value})
        _show(dataset, one, by=by)
        return dataset
    writers = list(dataset.producers.values_list("dag", "exclusive"))
    if dag not in {writer for writer, _ in writers}:
        _require_right(
            dataset, f"There is a dataset `{dataset.name}` already, and", "or choose another name", owner, by=by, now=now
        )
    if others := {writer: exclusive for writer, exclusive in writers if writer != dag}:
        _require_alike(dataset, one, others)
        return dataset
    for name, value in _said(one).items():
        setattr(dataset, name, value)
    dataset.save(update_fields=list(_said(one)))
    if _shows_otherwise(dataset, one):
        why = f"`visibility: {one.spec['visibility']}` changes who sees the dataset `{dataset.name}`, and"
        _require_right(dataset, why, "or leave `visibility` out", owner, by=by, now=now)
        _show(dataset, one, by=by)
    return dataset


def _said(one: Publication) -> dict[str, Any]:
    description = one.spec.get("description", "")
    return {
        "storage": one.storage, "multi_writer": one.multi_writer, "where": dict(one.where), "description": description,
        "tags": one.tags, "columns": [asdict(column) for column in one.columns],
        "column_names": "\n".join(column.name for column in one.columns),
    }  # fmt: skip


def _shows_otherwise(dataset: Dataset, one: Publication) -> bool:
    """Not where the DAG says nothing: what somebody chose on its page stays."""
    return one.spec.get("visibility") not in {None, dataset.visible_as}


def _show(dataset: Dataset, one: Publication, *, by: Actor) -> None:
    if _shows_otherwise(dataset, one):
        change_visibility(dataset, visibility=one.spec["visibility"], by=by)


def _require_right(dataset: Dataset, why: str, otherwise: str, owner: Person | None, *, by: Actor, now: datetime) -> None:
    """A name without a producer still has data and people who rely on it; and to write a dataset is not to say who sees it.

    Whoever acts needs the right, not the DAG's owner alone.
    """
    acting = Person.objects.filter(pk=by.person_id).first() if by.person_id else owner
    if acting and not policy.can_reach(Principal(acting), Level.CHANGE, dataset, now=now):
        whom = f"{dataset.owner.email} or an admin of the org" if dataset.owner else "an admin of the org"
        raise Forbidden(
            f"{why} {acting.email} may not change it. Ask {whom}, {otherwise}.",
            code="dataset_not_yours", detail={"dataset": dataset.name},
        )  # fmt: skip


def _require_alike(dataset: Dataset, one: Publication, others: Mapping[str, bool]) -> None:
    """A further writer takes a dataset as it is."""
    taken = ", ".join(sorted(others))
    if not one.multi_writer or any(others.values()):
        raise Conflict(
            f"`{dataset.name}` is published by the DAG `{taken}`. Choose another name, or remove it there first.",
            code="dataset_taken", detail={"dataset": dataset.name, "dag": taken},
        )  # fmt: skip
    if dataset.storage != one.storage:
        raise Conflict(
            f"`{dataset.name}` lies in {dataset.storage}, where the DAG `{taken}` writes it. Write `storage: {dataset.storage}`.",
            code="dataset_differs", detail={"dataset": dataset.name, "dag": taken},
        )  # fmt: skip


def _produce(dataset: Dataset, dag: str, one: Publication, *, by: Actor, now: datetime) -> None:
    said = {"job": one.job, "output": one.output, "spec": dict(one.spec), "exclusive": not one.multi_writer}
    took_over = dataset.last_dag not in {"", dag}
    _, created = Producer.objects.update_or_create(
        dataset=dataset, dag=dag, defaults=said, create_defaults={**said, "took_over": took_over, "since": now}
    )
    # A further writer takes nothing over.
    if dataset.last_dag != (last := "" if one.multi_writer else dag):
        dataset.last_dag = last
        dataset.save(update_fields=["last_dag"])
    if created:
        audit.record(
            "dataset.publish",
            _subject(dataset),
            by=by,
            org_id=dataset.org_id,
            after={"dag": dag, "job": one.job, "output": one.output},
        )


def _subject(dataset: Dataset) -> Subject:
    return Subject("dataset", str(dataset.pk), dataset.name)
