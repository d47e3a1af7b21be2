"""Publishing takes no dataset over that is not one's to change, and redefines none that others write."""

from __future__ import annotations

import pytest

from apps.accounts.models import Person
from apps.audit.models import Record
from apps.datasets.domain import Publication, Storage
from apps.datasets.models import Dataset, Producer
from apps.datasets.services import publish
from apps.orgs.domain import Visibility
from apps.platform.errors import Conflict, Forbidden
from tests.factories import NOON, Persona, acting, make_persona

pytestmark = pytest.mark.django_db


def buffered(**said: object) -> Publication:
    return Publication("alerts", Storage.POSTGRES, job="evaluate", multi_writer=True, spec=said)


def say(persona: Persona, dag: str, *wanted: Publication, owner: Person | None = None) -> None:
    publish(persona.org, dag, wanted, owner=owner or persona.person, by=acting(persona), now=NOON)


@pytest.fixture
def colleague(writer: Persona) -> Persona:
    return make_persona("writer", org=writer.org)


def test_a_private_dataset_that_nobody_produces_any_more_is_still_its_owners(writer: Persona, colleague: Persona) -> None:
    say(writer, "mine", buffered(visibility="private"))
    say(writer, "mine")

    with pytest.raises(Forbidden) as refused:
        say(colleague, "theirs", buffered(visibility="org"))

    assert refused.value.code == "dataset_not_yours" and writer.person.email in refused.value.message
    assert Dataset.objects.get().visibility == Visibility.PRIVATE and not Producer.objects.exists()


def test_a_dag_of_somebody_who_has_the_right_lends_it_to_nobody(writer: Persona, colleague: Persona) -> None:
    say(writer, "mine", buffered(visibility="private"))
    say(writer, "mine")

    with pytest.raises(Forbidden):
        say(colleague, "mine_too", buffered(), owner=writer.person)


def test_its_owner_takes_it_up_again_and_an_open_one_is_anybodys_who_writes(writer: Persona, colleague: Persona) -> None:
    say(writer, "mine", buffered(visibility="private"))
    say(writer, "mine")
    say(writer, "again", buffered(visibility="org"))
    say(writer, "again")
    say(colleague, "theirs", buffered())

    assert Producer.objects.get().dag == "theirs" and Dataset.objects.get().owner == writer.person


def test_a_second_writer_redefines_nothing(writer: Persona, colleague: Persona) -> None:
    say(writer, "one", buffered(description="Ours.", visibility="role:reader"))
    with pytest.raises(Forbidden):
        say(colleague, "two", buffered(description="Mine.", visibility="private"))
    Dataset.objects.update(visibility=Visibility.ORG, visible_to=None)
    say(colleague, "two", buffered(description="Mine.", visibility="private"))

    dataset = Dataset.objects.get()
    assert (dataset.description, dataset.visibility, dataset.producers.count()) == ("Ours.", Visibility.ORG, 2)


@pytest.mark.parametrize("visibility", ["org", "role:reader"])
def test_who_writes_a_dataset_does_not_thereby_say_who_sees_it(writer: Persona, colleague: Persona, visibility: str) -> None:
    say(writer, "mine", buffered())
    Dataset.objects.update(visibility=Visibility.PRIVATE)

    with pytest.raises(Forbidden) as refused:
        say(colleague, "mine", buffered(visibility=visibility))

    assert refused.value.code == "dataset_not_yours" and "leave `visibility` out" in refused.value.message
    assert Dataset.objects.get().visibility == Visibility.PRIVATE
    say(colleague, "mine", buffered(description="As it is."))
    say(colleague, "mine", buffered(visibility="private"))
    say(writer, "mine", buffered(visibility=visibility))
    assert Dataset.objects.get().visible_as == visibility


@pytest.mark.parametrize(
    ("second", "code"),
    [
        (Publication("alerts", Storage.POSTGRES, job="evaluate"), "dataset_taken"),
        (Publication("alerts", Storage.S3, job="evaluate", multi_writer=True), "dataset_differs"),
    ],
)
def test_a_second_writer_is_like_the_first(writer: Persona, second: Publication, code: str) -> None:
    say(writer, "one", buffered())

    with pytest.raises(Conflict) as refused:
        say(writer, "two", second)

    assert refused.value.code == code


def test_a_change_of_visibility_is_audited_as_one_and_only_where_it_is_one(writer: Persona) -> None:
    for said in ("private", "private", "org"):
        say(writer, "mine", buffered(visibility=said))

    changes = Record.objects.filter(action="visibility.change").order_by("id").values_list("before", "after")
    assert list(changes) == [
        ({"visibility": "org"}, {"visibility": "private"}), ({"visibility": "private"}, {"visibility": "org"}),
    ]  # fmt: skip
