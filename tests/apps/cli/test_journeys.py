"""The command line and the real application, over a real connection."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.dags.models import Dag
from apps.orgs.models import ApiToken
from tests.apps.cli.terminal import Terminal
from tests.apps.dags.makers import deploy, manual
from tests.apps.dags.unbuilt import cryo_is_not_built
from tests.factories import Persona

__all__ = ["cryo_is_not_built"]
pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "data"])


def active_of(name: str = "ranges") -> int | None:
    dag = Dag.objects.select_related("active").get(name=name)
    return dag.active.number if dag.active else None


def test_a_problem_is_shown_where_it_is(seat: Terminal) -> None:
    seat.write("dags/ranges.yaml", manual() + "publis: {}\n")

    run = seat.run("validate", "dags")

    assert run.code == 1
    assert run.out == (
        "dags/ranges.yaml:18:1: error: unknown_key: There is no key `publis` here.\n"
        "    publis: {}\n"
        "    ^\n"
        "  hint: Did you mean `publish`?\n"
        "1 document: 1 with problems (1 problem).\n"
    )


def test_line_endings_of_windows_do_not_move_the_caret(seat: Terminal) -> None:
    file = seat.directory / "ranges.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + (manual() + "publis: {}\n").replace("\n", "\r\n").encode())

    assert "ranges.yaml:18:1: error: unknown_key" in seat.run("validate", "ranges.yaml").out


def test_a_document_comes_from_the_standard_input(seat: Terminal) -> None:
    run = seat.run("validate", "-", stdin=manual())

    assert (run.code, run.out) == (0, "1 document: 1 valid.\n")


def test_deploying_twice_makes_one_version(seat: Terminal) -> None:
    seat.write("ranges.yaml", manual())
    first, second = (seat.run("deploy", "ranges.yaml", "--activate") for _ in range(2))

    assert "ranges.yaml: deployed as version 1 of ranges, active" in first.out
    assert "ranges.yaml: unchanged, version 1 of ranges, active" in second.out
    assert (first.code, second.code, active_of()) == (0, 0, 1)


def test_the_text_of_an_older_version_is_told_to_be_one(seat: Terminal, writer: Persona) -> None:
    for chunk in (1, 2, 3):
        deploy(writer, manual(chunk=chunk))
    seat.write("ranges.yaml", manual(chunk=1))
    older = "ranges.yaml: unchanged, version 1 of ranges exists already (not the newest: 3 is newest, {})\n"

    assert older.format("none is active") in seat.run("deploy", "ranges.yaml").out
    seat.run("activate", "ranges", "2")
    assert older.format("2 is active") in seat.run("deploy", "ranges.yaml").out
    assert (
        "ranges.yaml: activated, version 1 of ranges (not the newest: 3 is newest, 2 was active)"
        in seat.run("deploy", "ranges.yaml", "--activate").out
    )
    seat.write("ranges.yaml", manual(chunk=3))
    assert "ranges.yaml: unchanged, version 3 of ranges\n" in seat.run("deploy", "ranges.yaml").out


def test_nothing_is_deployed_while_one_document_has_problems(seat: Terminal) -> None:
    seat.write("dags/a.yaml", manual("alpha"))
    seat.write("dags/b.yaml", "name: beta\njobs: []\n")

    run = seat.run("deploy", "dags")

    assert run.code == 1 and "1 with problems" in run.out
    assert not Dag.objects.exists()


def test_a_stale_base_is_refused_with_what_to_do(seat: Terminal, writer: Persona) -> None:
    deploy(writer, manual())
    deploy(writer, manual(chunk=2))
    seat.write("ranges.yaml", manual(chunk=3))

    run = seat.run("deploy", "ranges.yaml", "--base", "1")

    assert run.code == 3
    assert "refused: stale_base:" in run.out and "hint: See it with `trace diff" in run.out
    assert seat.run("deploy", "ranges.yaml", "--base", "latest").code == 0


@pytest.mark.usefixtures("cryo_is_not_built")
def test_what_cannot_run_yet_is_deployed_and_not_activated(seat: Terminal) -> None:
    seat.write("ranges.yaml", manual(publish="blocks"))

    run = seat.run("deploy", "ranges.yaml", "--activate")

    assert run.code == 3 and "refused: operator_not_built" in run.out
    assert active_of() is None
    assert "note: this Trace cannot run `cryo_ingest` yet" in seat.run("validate", "ranges.yaml").out


def test_activating_forward_and_back(seat: Terminal, writer: Persona) -> None:
    for chunk in (1, 2, 3):
        deploy(writer, manual(chunk=chunk))
    for version in ("1", "2", "latest"):
        assert seat.run("activate", "ranges", version).code == 0

    moves = [active_of()]
    for _ in range(2):
        assert seat.run("rollback", "ranges").code == 0
        moves.append(active_of())

    assert moves == [3, 2, 1]
    assert seat.run("rollback", "ranges").code == 3
    assert seat.run("rollback", "ranges", "3").code == 2


def test_a_dag_that_is_off_rolls_back_to_what_was_active_last(seat: Terminal, writer: Persona) -> None:
    deploy(writer, manual())
    seat.run("activate", "ranges")
    seat.write("dags/other.yaml", manual("other"))
    assert seat.run("sync", "dags", "--prune", "--yes").code == 0
    assert active_of() is None

    assert seat.run("rollback", "ranges").code == 0
    assert active_of() == 1


def test_lists_are_stable_and_for_programs_too(seat: Terminal, writer: Persona) -> None:
    deploy(writer, manual("zulu"), name="zulu")
    deploy(writer, manual("alpha"), name="alpha")
    seat.run("activate", "zulu")

    lines = seat.run("dags").out.splitlines()
    told = json.loads(seat.run("dags", "--json").out)

    owner = writer.person.email
    assert [line.split() for line in lines] == [
        ["NAME", "ACTIVE", "LATEST", "OWNER"], ["alpha", "—", "1", owner], ["zulu", "1", "1", owner],
    ]  # fmt: skip
    assert [(dag["name"], dag["latest_number"]) for dag in told] == [("alpha", 1), ("zulu", 1)]


def test_versions_are_listed_compared_and_shown(seat: Terminal, writer: Persona) -> None:
    deploy(writer, manual(chunk=1))
    deploy(writer, manual(chunk=2))

    versions = json.loads(seat.run("versions", "ranges", "--json").out)
    diff = seat.run("diff", "ranges", "1", "2").out

    assert [version["number"] for version in versions] == [2, 1]
    assert "-    config: { chunk_size: 1 }\n+    config: { chunk_size: 2 }\n" in diff
    assert "job chunks: changed, rebuilt: " in diff
    assert seat.run("show", "ranges").out == manual(chunk=2)
    assert seat.run("show", "ranges", "1").out == manual(chunk=1)
    assert seat.run("diff", "ranges", "2", "2").out == "No difference.\n"


def test_a_plan_does_nothing_and_says_what_would_be_done(seat: Terminal, writer: Persona) -> None:
    for name in ("ranges", "gone"):
        deploy(writer, manual(name), name=name)
        seat.run("activate", name)
    seat.write("dags/ranges.yaml", manual(chunk=7))
    seat.write("dags/deep/new.yml", manual("fresh"))
    seat.write("dags/.git/not.yaml", "nothing: of ours")

    run = seat.run("sync", "dags", "--activate", "--prune", "--dry-run")

    assert run.out.splitlines() == [
        "dags/deep/new.yml: to be deployed as version 1 of fresh, active",
        "dags/ranges.yaml: to be deployed as version 2 of ranges, active",
        "gone: to be switched off, no file is left of it",
        "2 documents: 2 to deploy. 1 DAG to switch off.",
    ]
    assert (run.code, active_of("gone"), Dag.objects.count()) == (0, 1, 2)


def test_a_plan_knows_a_text_that_was_deployed(seat: Terminal, writer: Persona) -> None:
    deploy(writer, manual())
    (seat.directory / "ranges.yaml").write_bytes(manual().replace("\n", "\r\n").encode())

    assert "unchanged, version 1 of ranges" in seat.run("sync", ".", "--dry-run").out


def test_a_plan_tells_what_would_only_be_activated_and_what_could_not_be(seat: Terminal, writer: Persona) -> None:
    deploy(writer, manual())
    deploy(writer, manual(chunk=2))
    seat.run("activate", "ranges", "1")
    seat.write("dags/ranges.yaml", manual(chunk=2))
    seat.write("dags/blocks.yaml", manual("blocks", publish="blocks"))

    run = seat.run("sync", "dags", "--activate", "--dry-run")
    assert "dags/ranges.yaml: to be activated, version 2 of ranges" in run.out
    assert "dags/blocks.yaml: to be refused: version 1 of blocks could not be activated" in run.out
    assert (run.code, active_of("ranges")) == (3, 1)

    (seat.directory / "dags/blocks.yaml").unlink()
    assert (
        "dags/ranges.yaml: activated, version 2 of ranges\n1 document: 1 activated." in seat.run("sync", "dags", "--activate").out
    )


def test_pruning_asks_and_takes_no_for_an_answer(seat: Terminal, writer: Persona) -> None:
    deploy(writer, manual())
    seat.run("activate", "ranges")
    seat.write("dags/other.yaml", manual("other"))
    seat.is_terminal = True

    refused = seat.run("sync", "dags", "--prune", stdin="n\n")
    assert "No file is left of 1 active DAG: ranges." in refused.err and active_of() == 1

    said = seat.run("sync", "dags", "--prune", stdin="y\n").out
    assert "ranges: switched off" in said and said.endswith(" 1 DAG switched off.\n")
    assert active_of() is None


def test_a_dag_is_switched_off_by_name(seat: Terminal, writer: Persona) -> None:
    deploy(writer, manual())
    seat.run("activate", "ranges")

    first, second = (seat.run("deactivate", "ranges") for _ in range(2))

    assert (first.code, first.out) == (0, "ranges is switched off; version 1 was active.\n")
    assert (second.code, second.out) == (0, "ranges is switched off already.\n")
    assert active_of() is None


def test_a_dag_that_was_never_active_is_deleted(seat: Terminal, writer: Persona) -> None:
    deploy(writer, manual())

    assert seat.run("delete", "ranges").code == 2
    run = seat.run("delete", "ranges", "--yes")

    assert (run.code, run.out) == (0, "ranges is deleted.\n")
    assert not Dag.objects.exists()


def test_deleting_asks_whoever_can_answer(seat: Terminal, writer: Persona) -> None:
    deploy(writer, manual())
    seat.is_terminal = True

    assert "ranges stays." in seat.run("delete", "ranges", stdin="n\n").out
    assert seat.run("delete", "ranges", stdin="y\n").code == 0
    assert not Dag.objects.exists()


def test_a_dag_that_was_active_is_not_deleted_and_the_way_is_told(seat: Terminal, writer: Persona) -> None:
    deploy(writer, manual())
    seat.run("activate", "ranges")

    run = seat.run("delete", "ranges", "--yes")

    assert run.code == 3 and "dag_in_use" not in run.err and "trace deactivate" in run.err
    seat.run("deactivate", "ranges")
    off = seat.run("delete", "ranges", "--yes")
    assert off.code == 3 and "It is switched off" in off.err and "trace deactivate" not in off.err
    assert Dag.objects.exists()


def test_there_is_no_way_back_to_what_was_never_active(seat: Terminal, writer: Persona) -> None:
    for chunk in (1, 2):
        deploy(writer, manual(chunk=chunk))
    seat.run("activate", "ranges", "2")

    run = seat.run("rollback", "ranges", "1")

    assert run.code == 2 and "was never active" in run.err and "`trace activate ranges 1`" in run.err
    assert active_of() == 2


def test_an_org_that_is_not_mine_is_refused_in_the_words_of_the_command_line(seat: Terminal) -> None:
    run = seat.run("dags", "--org", "not-mine")

    assert run.code == 3 and "--org" in run.err and "Trace-Org" not in run.err


def test_a_dag_that_is_called_as_an_address_is_no_traceback(seat: Terminal) -> None:
    run = seat.run("show", "schema")

    assert run.code == 4 and "/v1/dags/schema answered something else: there is no `active` in it." in run.err


def test_nothing_is_switched_off_while_a_document_has_problems(seat: Terminal, writer: Persona) -> None:
    deploy(writer, manual())
    seat.run("activate", "ranges")
    # Its name cannot be read, and so nobody knows whether it is the DAG that seems to have no file.
    seat.write("dags/ranges.yaml", "name: [\n")

    assert seat.run("sync", "dags", "--prune", "--yes").code == 1
    assert active_of() == 1


def test_two_documents_of_one_name_are_a_problem(seat: Terminal) -> None:
    seat.write("dags/a.yaml", manual())
    seat.write("dags/b.yaml", manual(chunk=2))

    run = seat.run("deploy", "dags")

    assert run.code == 1 and "dags/b.yaml:1:1: error: name_used_twice: dags/a.yaml is a document of `ranges` as well." in run.out
    assert not Dag.objects.exists()


def test_a_reader_is_refused_and_told_so(seat: Terminal, reader: Persona) -> None:
    seat.environ["TRACE_TOKEN"] = reader.token
    seat.write("ranges.yaml", manual())

    run = seat.run("deploy", "ranges.yaml")

    assert run.code == 3 and "ranges.yaml: refused: forbidden:" in run.out


def test_another_orgs_dag_is_not_there(seat: Terminal, writer: Persona, stranger: Persona) -> None:
    deploy(writer, manual())
    seat.environ["TRACE_TOKEN"] = stranger.token

    run = seat.run("versions", "ranges")

    assert (run.code, run.out) == (3, "") and "There is no DAG `ranges`" in run.err


def test_an_expired_token_is_told_with_what_to_do(seat: Terminal, writer: Persona) -> None:
    ApiToken.objects.filter(membership__person=writer.person).update(expires_at=timezone.now() - timedelta(days=1))
    seat.write("ranges.yaml", manual())

    for run in (seat.run("dags"), seat.run("deploy", "ranges.yaml")):
        assert run.code == 3 and "unknown, expired or revoked" in run.err and "trace login" in run.err


def test_login_keeps_what_works_for_the_other_commands(seat: Terminal, writer: Persona) -> None:
    url = seat.environ.pop("TRACE_URL")
    del seat.environ["TRACE_TOKEN"]

    run = seat.run("login", "--url", url, stdin=f"{writer.token}\n")

    assert run.code == 0 and writer.person.email in run.out and writer.token not in run.out + run.err
    assert seat.run("dags").code == 0


def test_login_keeps_nothing_that_does_not_work(seat: Terminal) -> None:
    url = seat.environ.pop("TRACE_URL")
    del seat.environ["TRACE_TOKEN"]

    assert seat.run("login", "--url", url, stdin="trace_pat_wrong\n").code == 3
    assert seat.run("dags", "--url", url).code == 2
