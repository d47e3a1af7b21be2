"""The pointer and the registry of datasets move together, or not at all."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from django.db import connection

from apps.audit.models import Record
from apps.dags.models import Activation, Dag, Job
from apps.dags.selectors import deployed_meaning, not_built
from apps.datasets.models import Dataset, Producer
from apps.orgs.domain import Visibility
from apps.pii.models import ColumnClassification
from apps.platform.config import Config
from apps.platform.errors import Conflict
from apps.vault.domain import Namespace
from apps.vault.selectors import secrets_of
from apps.vault.services import set_secret
from operators.sdk.catalogue import catalogue
from tests.apps.chains.makers import make_usual_pools
from tests.apps.dags.makers import activate, deploy, manual
from tests.apps.dags.unbuilt import cryo_is_not_built
from tests.apps.pii.makers import make_classified
from tests.factories import Persona, acting

__all__ = ["cryo_is_not_built"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def runs_cryo(db: None) -> Iterator[None]:
    """As once the operator is built: here its declaration is what matters."""
    make_usual_pools()
    declared = catalogue().operators["cryo_ingest"]
    usual = declared.implementation
    object.__setattr__(declared, "implementation", "somewhere:Cryo")
    yield
    object.__setattr__(declared, "implementation", usual)


def test_activation_and_rollback_are_told_apart(writer: Persona) -> None:
    first, second = deploy(writer, manual()), deploy(writer, manual(chunk=2))
    for version in (first, second, first):
        activate(writer, version)
    activate(writer, None, dag=first.dag)

    moves = Activation.objects.order_by("id").values_list("move", "version__number", "before__number")
    assert list(moves) == [("activate", 1, None), ("activate", 2, 1), ("rollback", 1, 2), ("deactivate", None, 1)]
    assert list(Record.objects.filter(object_kind="dag", action__in=["dag.activate", "dag.rollback", "dag.deactivate"]).order_by("id").values_list("action", flat=True)) == [
        "dag.activate", "dag.activate", "dag.rollback", "dag.deactivate",
    ]  # fmt: skip


def test_activating_what_is_active_says_nothing(writer: Persona) -> None:
    version = deploy(writer, manual())
    activate(writer, version)
    activate(writer, version)

    assert Activation.objects.count() == 1


@pytest.mark.usefixtures("cryo_is_not_built")
def test_an_operator_without_an_implementation_forbids_it(writer: Persona) -> None:
    version = deploy(writer, manual(publish="blocks"))

    with pytest.raises(Conflict) as refused:
        activate(writer, version)

    assert refused.value.code == "operator_not_built" and "`cryo_ingest`" in refused.value.message
    assert Dag.objects.get().active is None and not Dataset.objects.exists()


@pytest.mark.usefixtures("runs_cryo")
def test_what_a_version_publishes_is_the_registrys_until_another_takes_over(writer: Persona) -> None:
    activate(writer, deploy(writer, manual(publish="blocks")))
    assert list(Producer.objects.values_list("dataset__name", "dag", "job", "output")) == [("blocks", "ranges", "blocks", 0)]
    assert Dataset.objects.get().where == {"chain_id": "integer"}

    activate(writer, deploy(writer, manual()))
    # Its data is there still, and so is its name.
    assert Dataset.objects.get().name == "blocks" and not Producer.objects.exists()
    assert set(Record.objects.filter(object_kind="dataset").values_list("action", flat=True)) == {
        "dataset.create", "dataset.publish", "dataset.withdraw",
    }  # fmt: skip


@pytest.mark.usefixtures("runs_cryo")
def test_a_name_that_another_dag_took_meanwhile_is_a_conflict_and_nothing_moves(writer: Persona) -> None:
    mine, theirs = deploy(writer, manual(publish="blocks")), deploy(writer, manual("other", publish="blocks"), name="other")
    activate(writer, theirs)

    with pytest.raises(Conflict) as refused:
        activate(writer, mine)

    assert (refused.value.code, refused.value.errors[0]["code"]) == ("no_longer_valid", "dataset_taken")
    assert Dag.objects.get(name="ranges").active is None
    assert Producer.objects.get().dag == "other"


@pytest.mark.usefixtures("runs_cryo")
def test_a_name_that_is_given_up_is_free_for_others_and_a_rollback_then_refuses(writer: Persona) -> None:
    publishing, bare = deploy(writer, manual(publish="blocks")), deploy(writer, manual())
    activate(writer, publishing)
    activate(writer, bare)
    activate(writer, deploy(writer, manual("other", publish="blocks"), name="other"))

    with pytest.raises(Conflict):
        activate(writer, publishing)
    assert Dag.objects.get(name="ranges").active == bare


@pytest.mark.usefixtures("runs_cryo")
def test_what_a_dag_says_of_visibility_holds_and_what_it_does_not_say_stays(writer: Persona) -> None:
    said = manual(publish="blocks").replace("{ from: { job: blocks } }", "{ from: { job: blocks }, visibility: private }")
    activate(writer, deploy(writer, said))
    assert Dataset.objects.get().visibility == Visibility.PRIVATE

    activate(writer, deploy(writer, manual(publish="blocks")))
    assert Dataset.objects.get().visibility == Visibility.PRIVATE


@pytest.mark.usefixtures("runs_cryo")
@pytest.mark.django_db(transaction=True)
def test_of_two_that_take_one_name_at_once_one_gets_it(writer: Persona) -> None:
    names = ["one", "two", "three"]
    versions = [deploy(writer, manual(name, publish="blocks"), name=name) for name in names]
    answers: list[str] = []
    gate = threading.Barrier(len(names))

    def take(place: int) -> None:
        gate.wait()
        try:
            activate(writer, versions[place])
        except Conflict as error:
            answers.append(error.code)
        else:
            answers.append("active")
        connection.close()

    threads = [threading.Thread(target=take, args=(place,)) for place in range(len(names))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    # Refused where it is checked, or under the lock if that was too early to see it.
    assert answers.count("active") == 1 and set(answers) <= {"active", "no_longer_valid", "dataset_taken"}
    assert Dag.objects.exclude(active=None).count() == Producer.objects.count() == 1


def test_a_secret_tells_which_jobs_of_active_versions_declare_it(writer: Persona, vault: Config) -> None:
    set_secret(writer.org, namespace=Namespace.USER, name="API_KEY", value="v", by=acting(writer), config=vault)
    declares = manual().replace("    config: { chunk_size", "    secrets: [API_KEY]\n    config: { chunk_size")
    version = deploy(writer, declares)
    assert [row.used_by for row in secrets_of(writer.org, config=vault)] == [()]

    activate(writer, version)
    assert [row.used_by for row in secrets_of(writer.org, config=vault)] == [("ranges/chunks",)]


@pytest.mark.usefixtures("runs_cryo")
def test_columns_that_a_dag_calls_personal_data_are_closed_and_never_opened_by_it(writer: Persona) -> None:
    said = manual(publish="blocks").replace(
        "{ from: { job: blocks } }", "{ from: { job: blocks }, pii_columns: [author, miner] }"
    )
    make_classified(writer.org, "author", dataset="blocks")
    activate(writer, deploy(writer, said))
    activate(writer, deploy(writer, manual(publish="blocks")))

    rows = ColumnClassification.objects.filter(dataset="blocks").order_by("column")
    assert list(rows.values_list("column", "kind", "handling")) == [("author", "email", "mask"), ("miner", "other", "refuse")]


def test_an_operator_that_makes_other_data_now_forbids_a_version_of_before(writer: Persona) -> None:
    version = deploy(writer, manual())
    Job.objects.filter(name="chunks").update(definition_hash="of the major before")

    with pytest.raises(Conflict) as refused:
        activate(writer, version)
    assert refused.value.code == "operator_changed" and "chunks" in refused.value.message


def test_an_operator_that_is_gone_forbids_it_too(writer: Persona) -> None:
    version = deploy(writer, manual())
    Job.objects.filter(name="chunks").update(operator="third_party")

    assert not_built(deployed_meaning(version)) == ["third_party"]


@pytest.mark.usefixtures("runs_cryo")
def test_who_saw_a_version_active_that_is_not_any_more_is_told_and_nothing_is_withdrawn(writer: Persona) -> None:
    publishing, bare = deploy(writer, manual(publish="blocks")), deploy(writer, manual())
    activate(writer, publishing)
    seen = Dag.objects.get()
    activate(writer, bare)

    with pytest.raises(Conflict) as refused:
        activate(writer, publishing, dag=seen)
    assert refused.value.code == "moved_meanwhile"
    assert Dag.objects.get().active == bare


def test_there_is_no_way_back_to_a_version_that_was_never_active(writer: Persona) -> None:
    first, second = deploy(writer, manual()), deploy(writer, manual(chunk=2))
    for version in (second, first, second, first):
        activate(writer, version)

    moves = Activation.objects.order_by("id").values_list("move", flat=True)
    assert list(moves) == ["activate", "activate", "activate", "rollback"]
