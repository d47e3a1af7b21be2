from __future__ import annotations

import json
from typing import Any

import httpx

from tests.apps.cli.terminal import Terminal, answers

PROBLEM = {
    "code": "unknown_key", "message": "There is no key `a,b: 100%` here.", "path": "/x", "line": 2, "column": 3,
    "hint": "Did you mean\n`c`?",
}  # fmt: skip


def invalid(*problems: dict[str, Any]) -> dict[str, Any]:
    return {"valid": False, "name": None, "errors": list(problems)}


def test_github_gets_annotations(terminal: Terminal) -> None:
    terminal.write("a,b.yaml", "name: x\n  a: 1\n")
    terminal.handler = answers(invalid(PROBLEM))

    run = terminal.run("validate", "a,b.yaml", "--format", "github")

    assert run.code == 1
    assert run.out.splitlines()[0] == (
        "::error file=a%2Cb.yaml,line=2,col=3,title=unknown_key::There is no key `a,b: 100%25` here.%0ADid you mean%0A`c`?"
    )


def test_a_path_gives_the_workflow_no_command(terminal: Terminal) -> None:
    terminal.write("x\n::stop-commands::y.yaml", "name: x\n")
    deployed = httpx.Response(201, json={"number": 1, "state": "deployed", "id": "1"})
    terminal.handler = answers({"valid": True, "name": "x", "errors": []}, deployed)

    run = terminal.run("deploy", ".", "--format", "github")

    assert run.code == 0 and not [line for line in run.out.splitlines() if line.startswith("::")]


def test_programs_get_one_line_of_json(terminal: Terminal) -> None:
    terminal.write("a.yaml", "name: x\n  a: 1\n")
    terminal.handler = answers(invalid(PROBLEM))

    run = terminal.run("validate", "a.yaml", "--format", "json")

    assert run.out.count("\n") == 1
    (document,) = json.loads(run.out)["documents"]
    assert (document["path"], document["result"], document["problems"]) == ("a.yaml", "problems", [PROBLEM])


def test_colours_are_for_a_terminal_that_wants_them(terminal: Terminal) -> None:
    terminal.write("a.yaml", "name: x\n  a: 1\n")
    terminal.handler = answers(invalid(PROBLEM))

    assert "\x1b[" not in terminal.run("validate", "a.yaml").out
    terminal.is_terminal = True
    assert "\x1b[31merror\x1b[0m" in terminal.run("validate", "a.yaml").out
    terminal.environ["NO_COLOR"] = "1"
    assert "\x1b[" not in terminal.run("validate", "a.yaml").out


def test_what_trace_says_cannot_command_the_terminal(terminal: Terminal) -> None:
    terminal.write("a.yaml", "name: \x1b[2J\n")
    terminal.handler = answers(invalid(PROBLEM | {"message": "no `\x1b[2J`", "line": 1}))

    assert "\x1b" not in terminal.run("validate", "a.yaml").out


def test_a_line_that_is_not_there_is_left_out(terminal: Terminal) -> None:
    terminal.write("a.yaml", "name: x")
    terminal.handler = answers(invalid(PROBLEM | {"line": 99, "hint": ""}))

    assert terminal.run("validate", "a.yaml").out.splitlines()[0].startswith("a.yaml:99:3: error: ")
    assert len(terminal.run("validate", "a.yaml").out.splitlines()) == 2


def test_a_problem_that_comes_up_between_check_and_deployment_is_shown_too(terminal: Terminal) -> None:
    terminal.write("a.yaml", "name: x\n  a: 1\n")
    replies: list[tuple[int, dict[str, Any]]] = [
        (200, {"valid": True, "name": "x", "errors": []}),
        (422, {"code": "invalid_dag", "message": "1 problem", "errors": [PROBLEM], "request_id": "r"}),
    ]
    terminal.handler = lambda _: _reply(*replies.pop(0))

    run = terminal.run("deploy", "a.yaml")

    assert run.code == 1 and "a.yaml:2:3: error: unknown_key" in run.out


def _reply(status: int, body: dict[str, Any]) -> httpx.Response:
    return httpx.Response(status, json=body)


WARNING = {
    "code": "unknown_pool", "message": "There is no RPC pool `standard`.", "path": "/x", "line": 2, "column": 6,
    "hint": "Platform staff add pools.",
}  # fmt: skip


def test_what_forbids_only_an_activation_is_a_warning_and_no_problem(terminal: Terminal) -> None:
    terminal.write("a.yaml", "name: x\npool: standard\n")
    terminal.handler = answers({"valid": True, "name": "x", "errors": [], "warnings": [WARNING]})
    text, github, told = (terminal.run("validate", "a.yaml", "--format", form) for form in ("text", "github", "json"))

    assert text.code == 0 and text.out.splitlines() == [
        "a.yaml:2:6: warning: unknown_pool: There is no RPC pool `standard`.",
        "    pool: standard",
        "         ^",
        "  hint: Platform staff add pools.",
        "1 document: 1 valid.",
    ]
    assert github.out.startswith("::warning file=a.yaml,line=2,col=6,title=unknown_pool::There is no RPC pool")
    (document,) = json.loads(told.out)["documents"]
    assert (document["problems"], document["warnings"]) == ([], [WARNING])


def test_a_version_that_is_built_first_is_not_said_to_be_active(terminal: Terminal) -> None:
    terminal.write("x.yaml", "name: x\n")
    deployed = httpx.Response(201, json={"number": 2, "state": "deployed", "id": "1"})
    terminal.handler = answers({"valid": True, "name": "x", "errors": []}, deployed, {"building": {"state": "building"}})

    out = terminal.run("deploy", "x.yaml", "--activate").out

    assert out.splitlines()[0] == "x.yaml: deployed as version 2 of x, built first: `trace cutover x` says how far it is"
