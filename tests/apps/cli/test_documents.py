"""Files that are no documents, and directories without any: told before Trace is asked."""

from __future__ import annotations

from tests.apps.cli.terminal import Terminal, answers


def test_a_file_that_is_not_there_is_named(terminal: Terminal) -> None:
    run = terminal.run("validate", "nowhere.yaml")

    assert run.code == 2 and run.err == "trace: nowhere.yaml cannot be read: No such file or directory.\n"


def test_a_file_that_is_no_text_is_a_problem_and_the_others_are_checked(terminal: Terminal) -> None:
    (terminal.directory / "a.yaml").write_bytes("# ü\r\nname: ".encode() + b"\xff\n")
    terminal.write("b.yaml", "name: x")
    terminal.handler = answers({"valid": True, "name": "x", "errors": []})

    for command in (("validate", "."), ("deploy", "."), ("sync", ".")):
        run = terminal.run(*command)
        assert run.code == 1 and run.out == (
            "a.yaml:2:7: error: not_utf8: Byte 13 of this file is 0xff, which is not UTF-8.\n"
            "    name: �\n"
            "          ^\n"
            "  hint: Save the file as UTF-8; if it is no document, give it another ending.\n"
            "2 documents: 1 with problems, 1 valid (1 problem).\n"
        )


def test_a_directory_without_documents_is_a_mistake(terminal: Terminal) -> None:
    terminal.write("dags/.hidden/a.yaml", "name: x")
    terminal.write("dags/readme.md", "none")

    for command in ("validate", "deploy", "sync"):
        run = terminal.run(command, "dags")
        assert run.code == 2 and "There is no *.yaml or *.yml below dags." in run.err


def test_sync_is_of_a_directory(terminal: Terminal) -> None:
    terminal.write("a.yaml", "name: x")

    assert "a.yaml is no directory." in terminal.run("sync", "a.yaml").err


def test_nobody_is_asked_where_nobody_can_answer(terminal: Terminal) -> None:
    terminal.write("dags/a.yaml", "name: x")

    run = terminal.run("sync", "dags", "--prune")

    assert run.code == 2 and "--yes" in run.err


def test_a_base_is_of_one_document_and_one_deployment(terminal: Terminal) -> None:
    terminal.write("a.yaml", "name: x")

    assert terminal.run("deploy", "a.yaml", "--base", "1", "--watch").code == 2
    assert terminal.run("validate", "-", "--watch").code == 2


def test_a_directory_that_is_not_there_is_said_not_to_be(terminal: Terminal) -> None:
    assert "There is no directory nodir." in terminal.run("sync", "nodir").err
    terminal.write("file.yaml", "")
    assert "file.yaml is no directory." in terminal.run("sync", "file.yaml").err
