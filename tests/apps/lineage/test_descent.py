"""What was made of something: as far as it goes, by what has truly run, and to whom what may be said."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest

from apps.dags.models import Dag
from apps.datasets.models import Dataset, Output, Partition, Version
from apps.lineage.models import Made, MadeFrom
from apps.lineage.selectors import descent, descent_of
from apps.orgs.models import Org
from apps.platform.ports.objects import ObjectStore
from tests.apps.datasets.makers import leaves
from tests.apps.lineage.makers import do, make_partitions, pin
from tests.apps.lineage.test_pages import ask, tab
from tests.factories import NOON, Persona, make_org

pytestmark = pytest.mark.django_db
Make = Callable[..., Made]


@pytest.fixture
def dag(writer: Persona, data_bucket: ObjectStore) -> Dag:
    return make_partitions(writer, data_bucket)


@pytest.fixture
def chain(dag: Dag, data_bucket: ObjectStore) -> Dag:
    """30-39 is made of 0-9, and 40-49 of that."""
    for block, source in ((30, "0-9"), (40, "30-39")):
        (claimed,) = leaves(dag, (block, block + 9))
        pin(claimed, Partition.objects.get(key=source))
        do([claimed], data_bucket)
    return dag


@pytest.fixture
def version() -> Version:
    return Version.objects.get()


def below(version: Version, at: str = "", org: Org | None = None) -> dict[str, int]:
    found = descent_of(org or version.output.org, version.pk, at=at)
    return {one.key or f"{one.cursor_first}-{one.cursor}": found.hops[one.pk] for one in Made.objects.filter(pk__in=found.hops)}


@pytest.mark.parametrize("asked", ["0-9", "5", "3-7"])
def test_it_is_followed_as_far_as_it_goes(chain: Dag, version: Version, asked: str) -> None:
    assert below(version, asked) == {"30-39": 1, "40-49": 2}


def test_a_range_is_all_that_it_meets(chain: Dag, version: Version) -> None:
    assert below(version, "9-35") == {"40-49": 1}


@pytest.mark.parametrize("asked", ["10-19", "40-49", "77", "9" * 78, "x", "%"])
def test_what_nobody_read_has_nothing_below_it(chain: Dag, version: Version, asked: str) -> None:
    assert below(version, asked) == {}


def test_of_the_whole_version_it_is_whatever_was_read_of_it(chain: Dag, version: Version) -> None:
    assert below(version) == {"30-39": 1, "40-49": 1}


def test_made_again_it_is_another_piece_that_nobody_has_read(chain: Dag, version: Version, data_bucket: ObjectStore) -> None:
    do(leaves(chain, (0, 9)), data_bucket)
    second = Made.objects.get(key="0-9", number=2)
    Made.objects.filter(key="0-9", number=1).delete()

    assert Made.objects.filter(key="0-9").get() == second
    assert below(version, "0-9") == {}


def test_restored_it_has_another_number_and_is_still_that_piece(dag: Dag, version: Version, data_bucket: ObjectStore) -> None:
    piece = Partition.objects.get(key="0-9")
    (claimed,) = leaves(dag, (30, 39))
    pin(claimed, piece, number=7)
    do([claimed], data_bucket)

    assert MadeFrom.objects.get(made__key="30-39").partition_id == piece.pk
    assert below(version, "0-9") == {"30-39": 1}


def test_what_reads_itself_ends(chain: Dag, version: Version) -> None:
    first, read = Made.objects.get(key="0-9"), Partition.objects.get(key="40-49")
    MadeFrom.objects.filter(made=first).update(version_id=version.pk, key=read.key, partition_id=read.pk, number=1)

    assert below(version, "0-9") == {"30-39": 1, "40-49": 2}


def test_no_more_than_the_nearest(chain: Dag, version: Version, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(descent, "MOST_MADE", 1)

    found = descent_of(version.output.org, version.pk, at="0-9")
    assert (list(found.hops.values()), found.is_cut) == ([1], True)


def test_what_another_org_made_of_it_is_not_told(chain: Dag, version: Version) -> None:
    Made.objects.filter(key="30-39").update(org_id=make_org("Other").pk)

    assert below(version, "0-9") == {}


class TestOfATable:
    """Blocks without partitions: a stretch that grew, and readers that say how far they went."""

    @pytest.fixture
    def make(self, dag: Dag) -> Make:
        def make(version_id: UUID, **said: object) -> Made:
            given = {
                "org_id": dag.org_id, "event_id": uuid4(), "output_id": uuid4(), "version_id": version_id, "number": 0,
                "task_id": uuid4(), "attempt": 1, "root_id": uuid4(), "dag_id": dag.pk, "dag": dag.name, "job": "leaf", "output": 0,
                "dag_version": 1, "generation": uuid4(), "operator": "sleep", "operator_version": "1.0", "cause": "event",
                "made_at": NOON, **said,
            }  # fmt: skip
            return Made.objects.create(**given)

        return make

    @pytest.fixture
    def hot(self, make: Make) -> UUID:
        """0 to 1000, in one row."""
        version_id = uuid4()
        make(version_id, cursor_first=0, cursor=1000, times=1001)
        return version_id

    def read(self, made: Made, version_id: UUID, **said: object) -> Made:
        MadeFrom.objects.create(
            made=made, input=0, read_as="pinned", output_id=uuid4(), version_id=version_id, dag="kept", job="hot", output=0, number=0,
            **said,
        )  # fmt: skip
        return made

    @pytest.mark.parametrize(
        ("said", "is_met"),
        [
            ({"range_start": 0, "range_end": 500}, True), ({"range_start": 501, "range_end": 900}, False),
            ({"cursor": 500}, True), ({"cursor": 499}, False), ({"cursor_first": 501, "cursor": 501}, False), ({}, True),
        ],
        ids=str,
    )  # fmt: skip
    def test_a_reader_is_met_where_it_has_read(self, dag: Dag, make: Make, hot: UUID, said: dict[str, int], is_met: bool) -> None:
        made = self.read(make(uuid4(), key="reader"), hot, **said)

        assert list(descent_of(dag.org, hot, at="500").hops) == ([made.pk] if is_met else [])

    def test_the_longest_number_of_a_block_is_looked_for(self, dag: Dag, make: Make) -> None:
        version_id, highest = uuid4(), 10**77
        make(version_id, cursor_first=0, cursor=highest, times=2)
        made = self.read(make(uuid4(), key="reader"), version_id, cursor_first=highest, cursor=highest)

        assert list(descent_of(dag.org, version_id, at=str(highest)).hops) == [made.pk]

    def test_what_was_made_before_it_has_not_read_it(self, dag: Dag, make: Make) -> None:
        version_id = uuid4()
        self.read(make(uuid4(), key="reader"), version_id, range_start=0, range_end=9)
        make(version_id, range_start=0, range_end=9, made_at=NOON.replace(year=NOON.year + 1))

        assert descent_of(dag.org, version_id, at="5").hops == {}


class TestToldOfIt:
    def test_the_api_pages_it_newest_first(self, chain: Dag, writer: Persona) -> None:
        first = ask(writer, "kept_blocks/provenance", direction="down", partition="0-9", limit="1").json()
        then = ask(writer, "kept_blocks/provenance", direction="down", partition="0-9", limit="1", cursor=first["next"]).json()

        told = [(one["dataset"], one["scope"], one["hops"]) for one in (*first["results"], *then["results"])]
        assert told == [("kept_blocks", "40-49", 2), ("kept_blocks", "30-39", 1)]
        assert (then["next"], then["hidden"], then["is_cut"]) == (None, 0, False)

    def test_what_made_it_is_as_it_was(self, chain: Dag, writer: Persona) -> None:
        found = ask(writer, "kept_blocks/provenance", partition="0-9").json()

        assert [(one["dataset"], one["scope"], one["hops"]) for one in found["results"]] == [("kept_blocks", "0-9", 0)]

    def test_another_direction_is_refused(self, dag: Dag, writer: Persona) -> None:
        assert ask(writer, "kept_blocks/provenance", direction="both").json()["code"] == "unknown_direction"

    def test_the_page_shows_it_beside_what_made_it(self, chain: Dag, writer: Persona) -> None:
        text = tab(writer, "kept_blocks", at="0-9")

        shown = text.partition('id="below"')[2]
        assert str(Made.objects.get(key="40-49").task_id) in shown and "10-19" not in shown

    def test_without_a_part_the_page_offers_all_of_it(self, chain: Dag, writer: Persona) -> None:
        assert "?tab=lineage&of=all#below" in tab(writer, "kept_blocks")
        assert "40-49" in tab(writer, "kept_blocks", of="all").partition('id="below"')[2].partition("</table>")[0]

    def test_what_nobody_read_says_so(self, chain: Dag, writer: Persona) -> None:
        assert "Nothing was made of it" in tab(writer, "kept_blocks", at="10-19")

    def test_what_somebody_may_not_see_is_counted_and_not_named(self, chain: Dag, reader: Persona) -> None:
        """As if another DAG had made 30-39, of a dataset that is closed; what that led to is open."""
        hidden = Dag.objects.create(org=chain.org, name="hidden", visibility="private")
        output = Output.objects.create(pk=uuid4(), org=chain.org, dag_id=hidden.pk, dag="hidden", job="x", number=0, storage="s3")
        Dataset.objects.create(org=chain.org, name="closed", storage="s3", output=output, visibility="private")
        Made.objects.filter(key="30-39").update(dag_id=hidden.pk, dag="hidden", job="x", output_id=output.pk)

        found = ask(reader, "kept_blocks/provenance", direction="down", partition="0-9").json()

        assert [one["scope"] for one in found["results"]] == ["40-49"]
        assert found["hidden"] == 1
        text = tab(reader, "kept_blocks", at="0-9").partition('id="below"')[2]
        assert "30-39" not in text and "closed" not in text and "And 1 of DAGs and datasets" in text

    def test_a_stranger_finds_nothing(self, chain: Dag, stranger: Persona) -> None:
        assert ask(stranger, "kept_blocks/provenance", direction="down").status_code == 404
