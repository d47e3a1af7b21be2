"""One table of exit codes, and every command kept to it: scripts decide by them."""

from __future__ import annotations

import httpx
import pytest

from apps.cli.exits import Exit
from apps.cli.parser import COMMANDS
from apps.dags.models import Build
from tests.apps.cli.terminal import Terminal, answers
from tests.apps.dags.makers import deploy, manual
from tests.apps.datasets.conftest import keeping
from tests.apps.datasets.makers import parquet_dag
from tests.apps.dispatch.makers import arm, start
from tests.factories import NOON, Persona, make_persona

__all__ = ["keeping"]
# `ranges` has versions 1 and 2, and none is active. `right.yaml` is its version 2; `wrong` and `away` hold what their names say.
NO_DAG, NO_VERSION = "nowhere", "9"
NO_ID = "01890000-0000-7000-8000-000000000000"
# Each: the command as it is right, then as its answer is 1, 2 and 3.
TABLE: dict[str, tuple[tuple[str, ...], list[tuple[Exit, tuple[str, ...]]]]] = {
    "validate": (("right",), [
        (Exit.PROBLEMS, ("wrong",)), (Exit.USAGE, ("absent.yaml",)), (Exit.REFUSED, ("right", "--org", "not-mine")),
    ]),
    "deploy": (("right",), [
        (Exit.PROBLEMS, ("wrong",)), (Exit.PROBLEMS, ("right", "wrong")), (Exit.USAGE, ("absent.yaml",)),
        (Exit.USAGE, ("right", "fresh", "--base", "1")), (Exit.REFUSED, ("right", "--base", NO_VERSION)),
        (Exit.REFUSED, ("right", "--base", "active")), (Exit.REFUSED, ("fresh", "--base", "1")),
    ]),
    "sync": (("right",), [
        (Exit.PROBLEMS, ("wrong",)), (Exit.USAGE, ("right/right.yaml",)), (Exit.USAGE, ("right", "--prune")),
        (Exit.REFUSED, ("right", "--org", "not-mine")),
    ]),
    "activate": (("ranges",), [
        (Exit.USAGE, ()), (Exit.REFUSED, (NO_DAG,)), (Exit.REFUSED, ("ranges", NO_VERSION)), (Exit.REFUSED, ("ranges", NO_ID)),
        (Exit.REFUSED, ("ranges", "active")),
    ]),
    "cutover": (("ranges",), [(Exit.USAGE, ()), (Exit.REFUSED, (NO_DAG,)), (Exit.REFUSED, ("ranges",)), (Exit.REFUSED, ("ranges", "--now"))]),
    "rollback": (("ranges", "1"), [
        (Exit.USAGE, ()), (Exit.REFUSED, (NO_DAG,)), (Exit.REFUSED, ("ranges",)), (Exit.REFUSED, ("ranges", NO_VERSION)),
        (Exit.REFUSED, ("ranges", NO_ID)), (Exit.REFUSED, ("ranges", "active")),
    ]),
    "deactivate": (("ranges",), [(Exit.USAGE, ()), (Exit.REFUSED, (NO_DAG,))]),
    "delete": (("ranges", "--yes"), [(Exit.USAGE, ()), (Exit.USAGE, ("ranges",)), (Exit.REFUSED, (NO_DAG, "--yes"))]),
    "dags": ((), [(Exit.USAGE, ("surplus",)), (Exit.REFUSED, ("--org", "not-mine"))]),
    "datasets": ((), [
        (Exit.USAGE, ("--storage", "nowhere")), (Exit.USAGE, ("trades", "--pii", "yes")), (Exit.REFUSED, ("trades",)),
        (Exit.REFUSED, ("--org", "not-mine")),
    ]),
    "files": (("kept_blocks",), [
        (Exit.USAGE, ()), (Exit.USAGE, ("kept_blocks", "--range", "x")), (Exit.USAGE, ("kept_blocks", "--to", "x", "--json")),
        (Exit.REFUSED, ("trades",)),
    ]),
    "backfill": (("kept_blocks", "--gaps", "--dry-run"), [
        (Exit.USAGE, ()), (Exit.USAGE, ("kept",)), (Exit.USAGE, ("kept", "--gaps", "--stale")), (Exit.USAGE, ("kept", "--range", "x")),
        (Exit.REFUSED, ("trades", "--gaps")),
    ]),
    "invalidate": (("kept_blocks", "--range", "0-9", "--dry-run"), [
        (Exit.USAGE, ()), (Exit.USAGE, ("kept",)), (Exit.USAGE, ("kept", "--range", "0-9", "--partition", "a")),
        (Exit.REFUSED, ("trades", "--range", "0-9")),
    ]),
    "purge": (("kept_blocks", "--superseded", "--dry-run"), [
        (Exit.USAGE, ()), (Exit.USAGE, ("kept",)), (Exit.USAGE, ("kept", "--version", NO_ID, "--older-than", "3")),
        (Exit.USAGE, ("kept", "--superseded")), (Exit.REFUSED, ("trades", "--superseded", "--dry-run")),
    ]),
    "versions": (("ranges",), [(Exit.USAGE, ()), (Exit.REFUSED, (NO_DAG,))]),
    "diff": (("ranges", "1", "2"), [
        (Exit.USAGE, ()), (Exit.REFUSED, (NO_DAG,)), (Exit.REFUSED, ("ranges", NO_VERSION)), (Exit.REFUSED, ("ranges", "1", NO_ID)),
        (Exit.REFUSED, ("ranges", "active", "2")),
    ]),
    "show": (("ranges",), [
        (Exit.USAGE, ()), (Exit.REFUSED, (NO_DAG,)), (Exit.REFUSED, ("ranges", NO_VERSION)), (Exit.REFUSED, ("ranges", NO_ID)),
        (Exit.REFUSED, ("ranges", "active")),
    ]),
    "run": (("ranges", "start", "--range", "0-9"), [
        (Exit.USAGE, ()), (Exit.USAGE, ("ranges", "start", "--range", "x")), (Exit.REFUSED, (NO_DAG, "start")),
        (Exit.REFUSED, ("ranges", "start")),
    ]),
    "tasks": ((), [(Exit.USAGE, ("--bottom", "x")), (Exit.REFUSED, ("--org", "not-mine"))]),
    "rerun": ((NO_ID,), [(Exit.USAGE, ()), (Exit.REFUSED, (NO_ID,))]),
    "logs": ((NO_ID,), [(Exit.USAGE, ()), (Exit.REFUSED, (NO_ID,))]),
    "retry": (("--dag", "ranges"), [(Exit.USAGE, ()), (Exit.USAGE, (NO_ID, "--dag", "ranges")), (Exit.REFUSED, (NO_ID,))]),
    "cancel": (("--dag", "ranges"), [(Exit.USAGE, ()), (Exit.REFUSED, (NO_ID,))]),
    "status": ((), [(Exit.REFUSED, (NO_DAG,))]),
    "syncs": (("ranges",), [
        (Exit.USAGE, ()), (Exit.USAGE, ("pause", "ranges")), (Exit.USAGE, ("ranges", "--watch", "--json")),
        (Exit.REFUSED, (NO_DAG,)), (Exit.REFUSED, ("pause", "ranges", "main_blocks")),
    ]),
    "login": ((), [(Exit.USAGE, ("--url", "nonsense://x"))]),
}  # fmt: skip
WRONG = [(name, code, arguments) for name, (_, cases) in TABLE.items() for code, arguments in cases]


def test_every_command_is_in_the_table() -> None:
    assert set(TABLE) == {command.name for command in COMMANDS}


@pytest.fixture
def documents(terminal: Terminal) -> Terminal:
    terminal.write("right/right.yaml", manual(chunk=2))
    terminal.write("wrong/wrong.yaml", "name: wrong\njobs: []\n")
    terminal.write("fresh/fresh.yaml", manual("fresh"))
    return terminal


@pytest.fixture
def work(documents: Terminal, seat: Terminal, writer: Persona) -> Terminal:
    for chunk in (1, 2):
        deploy(writer, manual(chunk=chunk))
    return seat


def typed(terminal: Terminal, name: str, arguments: tuple[str, ...]) -> int:
    return terminal.run(name, *arguments, stdin=f"{terminal.environ['TRACE_TOKEN']}\n").code


@pytest.mark.django_db(transaction=True, databases=["default", "data"])
@pytest.mark.parametrize("name", TABLE)
def test_what_is_done_is_0(work: Terminal, writer: Persona, queue_tables: None, name: str) -> None:
    arguments = TABLE[name][0]
    if name == "cutover":
        dag = arm(writer, manual())
        version = deploy(writer, manual(chunk=2))
        Build.objects.create(dag=dag, version=version, cutover="manual", state="ready", scope=[], made_at=NOON)
    if name in {"backfill", "files", "invalidate", "purge"}:
        arm(writer, parquet_dag(), name="kept")
    if name == "purge":
        work.environ["TRACE_TOKEN"] = make_persona("admin", org=writer.org).token
    if name in {"rollback", "run", "logs", "retry", "rerun", "cancel"}:
        for chunk in (1, 2):
            dag = arm(writer, manual(chunk=chunk))
        task_id = start(dag, block_range=(0, 9))
        arguments = tuple(str(task_id) if one == NO_ID else one for one in arguments)

    assert typed(work, name, arguments) == Exit.FINE


@pytest.mark.django_db(transaction=True, databases=["default", "data"])
@pytest.mark.parametrize(
    ("name", "code", "arguments"), WRONG, ids=[f"{name}-{' '.join(rest)}-{code}" for name, code, rest in WRONG]
)
def test_what_is_not_done_is_what_the_table_says(work: Terminal, name: str, code: Exit, arguments: tuple[str, ...]) -> None:
    assert typed(work, name, arguments) == code


@pytest.mark.parametrize("name", TABLE)
@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (httpx.Response(401, json={"code": "not_signed_in", "message": "This token is unknown."}), Exit.REFUSED),
        (httpx.Response(400, json={"code": "org_needed", "message": "Say which org."}), Exit.USAGE),
        (httpx.Response(500, json={"code": "internal_error", "message": "Something went wrong."}), Exit.UNREACHABLE),
        (httpx.Response(200, text="<html>"), Exit.UNREACHABLE),
        (httpx.ConnectError("nobody"), Exit.UNREACHABLE),
    ],
    ids=["refused", "unreadable", "failed", "something-else", "nobody"],
)
def test_whatever_trace_answers_every_command_says_alike(
    documents: Terminal, name: str, answer: httpx.Response | Exception, code: Exit
) -> None:
    documents.handler = answers(answer)

    assert typed(documents, name, TABLE[name][0]) == code
