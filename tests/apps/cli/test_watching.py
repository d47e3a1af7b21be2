from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx

from tests.apps.cli.terminal import Terminal


def steps(terminal: Terminal, *acts: Callable[[], object]) -> None:
    """One at each sleep, then Ctrl-C."""
    left: Iterator[Callable[[], object]] = iter(acts)

    def step() -> None:
        act = next(left, None)
        if act is None:
            raise KeyboardInterrupt
        act()

    terminal.on_sleep = step


def nothing() -> None:
    """A moment in which no file changes."""


def texts_checked(terminal: Terminal) -> list[str]:
    texts: list[str] = []

    def handle(request: httpx.Request) -> httpx.Response:
        texts.append(json.loads(request.content)["yaml"])
        return httpx.Response(200, json={"valid": True, "name": "x", "errors": []})

    terminal.handler = handle
    return texts


def test_each_change_is_validated_and_ctrl_c_is_a_good_end(terminal: Terminal) -> None:
    terminal.write("a.yaml", "one")
    texts = texts_checked(terminal)
    steps(terminal, nothing, lambda: terminal.write("a.yaml", "second"), nothing, nothing)

    run = terminal.run("validate", "a.yaml", "--watch")

    assert (run.code, texts) == (0, ["one", "second"])


def test_several_changes_in_one_moment_are_one(terminal: Terminal) -> None:
    terminal.write("a.yaml", "one")
    texts = texts_checked(terminal)
    changes = [lambda text=text: terminal.write("a.yaml", text) for text in ("x", "xx", "xxx", "xxxx")]
    steps(terminal, *changes, nothing)

    terminal.run("validate", "a.yaml", "--watch")

    assert texts == ["one", "xxxx"]


def test_a_new_file_in_the_directory_is_a_change(terminal: Terminal) -> None:
    terminal.write("dags/a.yaml", "one")
    texts = texts_checked(terminal)
    steps(terminal, lambda: terminal.write("dags/b.yml", "two"), nothing)

    terminal.run("validate", "dags", "--watch")

    assert texts == ["one", "one", "two"]


def test_a_file_that_is_away_for_a_moment_does_not_end_it(terminal: Terminal) -> None:
    file = terminal.write("a.yaml", "one")
    texts = texts_checked(terminal)
    steps(terminal, file.unlink, nothing, lambda: saved_by_renaming(file, "two"), nothing)

    run = terminal.run("validate", "a.yaml", "--watch")

    assert (run.code, texts) == (0, ["one", "two"]) and "a.yaml cannot be read" in run.err


def saved_by_renaming(file: Path, text: str) -> None:
    beside = file.with_suffix(".new")
    beside.write_text(text)
    beside.replace(file)


def test_a_trace_that_fails_does_not_end_it(terminal: Terminal) -> None:
    terminal.write("a.yaml", "one")
    terminal.handler = lambda _: httpx.Response(500, json={"code": "internal_error", "message": "Broken."})
    steps(terminal, nothing)

    run = terminal.run("validate", "a.yaml", "--watch")

    assert run.code == 0 and "trace: Broken." in run.err
