from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from apps.cli.declaring import Command
from apps.cli.exits import MEANINGS
from apps.cli.parser import COMMANDS
from apps.cli.reference import page
from tests.apps.cli.terminal import Terminal

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_help_names_every_exit_code(terminal: Terminal, command: Command) -> None:
    run = terminal.run(command.name, "--help")

    assert run.code == 0
    assert run.out.endswith("".join(f"\n  {code.value:<4} {MEANINGS[code]}" for code in command.exits) + "\n")


@pytest.mark.parametrize("arguments", [(), ("nonsense",), ("dags", "--nonsense"), ("rollback",), ("validate",)])
def test_wrong_usage_is_told_with_2(terminal: Terminal, arguments: tuple[str, ...]) -> None:
    run = terminal.run(*arguments)

    assert run.code == 2 and run.err.startswith("usage: trace") and not run.out


def test_the_version_is_that_of_the_package(terminal: Terminal) -> None:
    assert terminal.run("--version").out.startswith("trace 0.")


def test_the_reference_page_is_what_the_declarations_say() -> None:
    assert (ROOT / "docs/reference/command-line.md").read_text().rstrip("\n") == page().rstrip("\n"), "`make reference`"


def test_the_reference_page_names_every_command_and_argument() -> None:
    text = page().replace("\\|", "|")

    for command in COMMANDS:
        assert f"### trace {command.name}\n" in text
        assert all(f"| `{one.shown}` | " in text for one in command.arguments)


def test_help_does_not_wait_for_what_it_does_not_need() -> None:
    heavy = "import sys, apps.cli.main; print([name for name in ('httpx', 'django', 'pydantic', 'yaml') if name in sys.modules])"

    assert subprocess.run([sys.executable, "-c", heavy], cwd=ROOT, capture_output=True, text=True, check=True).stdout == "[]\n"


def test_a_reader_that_leaves_is_no_fault() -> None:
    command = [sys.executable, "-c", "from apps.cli.main import run; run()", "--help"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout and process.stderr
        process.stdout.close()
        assert (process.stderr.read(), process.wait()) == (b"", 0)
