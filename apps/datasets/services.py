"""The registry of names: which datasets an org has, and which DAG produces each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from apps.accounts.models import Person
from apps.audit import services as audit
from apps.audit.domain import Actor, Subject
from apps.datasets.domain import Publication
from apps.datasets.models import Dataset, Producer
from apps.orgs.domain import Visibility
from apps.orgs.models import Org, OrgRole
from apps.platform.errors import Conflict, Invalid


def publish(org: Org, dag: str, wanted: Sequence[Publication], *, owner: Person | None, by: Actor, now: datetime) -> None:
    """What the DAG publishes from now on, and nothing else. Inside the transaction of its activation."""
    # In one order, so that two activations never wait for each other; locked, so that they see who took a name.
    Org.objects.select_for_update().get(pk=org.pk)
    _withdraw(org, dag, keep={one.name for one in wanted}, by=by)
    for one in sorted(wanted, key=lambda wish: wish.name):
        dataset = _ensure(org, one, owner=owner, by=by, now=now)
        _produce(dataset, dag, one, by=by, now=now)


def _withdraw(org: Org, dag: str, *, keep: set[str], by: Actor) -> None:
    for producer in Producer.objects.filter(dataset__org=org, dag=dag).exclude(dataset__name__in=keep).select_related("dataset"):
        producer.delete()
        audit.record("dataset.withdraw", _subject(producer.dataset), by=by, org_id=org.pk, before={"dag": dag})


def _ensure(org: Org, one: Publication, *, owner: Person | None, by: Actor, now: datetime) -> Dataset:
    said = {
        "storage": one.storage, "multi_writer": one.multi_writer, "where": dict(one.where),
        "description": one.spec.get("description", ""), **_visibility(org, one.spec.get("visibility")),
    }  # fmt: skip
    dataset, created = Dataset.objects.get_or_create(org=org, name=one.name, defaults={**said, "owner": owner, "created_at": now})
    if created:
        audit.record("dataset.create", _subject(dataset), by=by, org_id=org.pk, after={"storage": one.storage.value})
        return dataset
    for name, value in said.items():
        setattr(dataset, name, value)
    dataset.save(update_fields=list(said))
    return dataset


def _visibility(org: Org, said: str | None) -> dict[str, object]:
    """Nothing where the DAG says nothing: what somebody chose on its page stays."""
    if said is None:
        return {}
    kind, _, slug = said.partition(":")
    role = OrgRole.objects.filter(org=org, slug=slug).first() if slug else None
    if slug and role is None:
        raise Invalid(f"There is no role `{slug}` in this org to show a dataset to.", code="unknown_role")
    return {"visibility": Visibility(kind), "visible_to": role}


def _produce(dataset: Dataset, dag: str, one: Publication, *, by: Actor, now: datetime) -> None:
    others = list(dataset.producers.exclude(dag=dag).values_list("dag", "exclusive"))
    if others and (not one.multi_writer or any(exclusive for _, exclusive in others)):
        taken = ", ".join(sorted(other for other, _ in others))
        raise Conflict(
            f"`{dataset.name}` is published by the DAG `{taken}`. Choose another name, or remove it there first.",
            code="dataset_taken", detail={"dataset": dataset.name, "dag": taken},
        )  # fmt: skip
    said = {"job": one.job, "output": one.output, "spec": dict(one.spec), "exclusive": not one.multi_writer}
    _, created = Producer.objects.update_or_create(
        dataset=dataset, dag=dag, defaults=said, create_defaults={**said, "since": now}
    )
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
