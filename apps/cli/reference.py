"""`python -m apps.cli.reference` prints docs/reference/command-line.md."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from apps.cli.declaring import SETTINGS, Argument, Command
from apps.cli.exits import MEANINGS
from apps.cli.parser import COMMANDS
from apps.platform.client_config import ClientConfig
from apps.platform.environment import variables

_HEAD = """\
# Command line

`trace` is a client of the public API. It comes with Trace: `.venv/bin/trace` in a checkout. This page is made by
`python -m apps.cli.reference`.

```sh
trace login --url https://trace.example   # asks for an API token, made under Admin → API tokens
trace validate dags/ --watch              # while you write
trace sync dags/ --activate --dry-run     # what a deployment would do
TRACE_URL=… TRACE_TOKEN=… trace sync dags/ --activate --prune --yes --format github   # in CI
```

Problems of documents are printed as a compiler does, with the line and a caret under the column. Output is coloured on
a terminal only.
"""


def page() -> str:
    return "\n".join([_HEAD, *_settings(), *_exits(), "## Commands", "", *(line for one in COMMANDS for line in _command(one))])


def _settings() -> Iterator[str]:
    yield from ("## Settings", "", "An option counts before a variable, a variable before the file that `trace login` writes.")
    yield "The token of the file is sent to the address of the file only."
    yield from ("", *_table(("option, with every command", "what it does"), _rows(SETTINGS)))
    rows = [(f"`{var.name}`", f"{'Secret. ' if var.secret else ''}{var.doc}") for _, var in variables(ClientConfig)]
    yield from ("", *_table(("variable", "what it does"), rows), "")


def _exits() -> Iterator[str]:
    rows = [(f"`{exit_.value}`", meaning) for exit_, meaning in MEANINGS.items()]
    yield from ("## Exit codes", "", *_table(("code", "meaning"), rows), "")


def _command(command: Command) -> Iterator[str]:
    yield from (f"### trace {command.name}", "")
    yield f"{command.summary[0].upper()}{command.summary[1:]}.".replace("*", "\\*")
    if command.details:
        yield from ("", command.details)
    if command.arguments:
        yield from ("", *_table(("argument", "what it does"), _rows(command.arguments)))
    yield from ("", f"Exit codes: {', '.join(str(exit_.value) for exit_ in command.exits)}.", "")


def _rows(arguments: Sequence[Argument]) -> list[tuple[str, str]]:
    return [(f"`{one.shown}`".replace("|", "\\|"), one.help.replace("*", "\\*")) for one in arguments]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield "|" + "---|" * len(head)
    yield from (f"| {' | '.join(row)} |" for row in rows)


if __name__ == "__main__":
    print(page().rstrip("\n"))
