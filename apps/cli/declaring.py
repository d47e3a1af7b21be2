"""What a command is. The parser, its help and the reference page are made from these declarations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from apps.cli.exits import PLAIN_EXITS, Exit

if TYPE_CHECKING:
    from argparse import Namespace

    from apps.cli.session import Session


@dataclass(frozen=True)
class Argument:
    """`options` are those of argparse."""

    names: tuple[str, ...]
    help: str
    options: dict[str, Any]

    @property
    def shown(self) -> str:
        """As somebody types it."""
        placeholder = self.options.get("metavar") or "|".join(self.options.get("choices", ()))
        if self.names[0].startswith("-"):
            return " ".join(part for part in (", ".join(self.names), placeholder) if part)
        repeated = {"+": f"{placeholder} …", "*": f"[{placeholder} …]", "?": f"[{placeholder}]"}
        return repeated.get(self.options.get("nargs", ""), placeholder)


def argument(*names: str, help: str, **options: Any) -> Argument:  # noqa: A002  argparse's own word
    return Argument(names, help, options)


@dataclass(frozen=True)
class Command:
    name: str
    summary: str
    run: Callable[[Session, Namespace], Exit]
    arguments: tuple[Argument, ...] = ()
    details: str = ""
    exits: tuple[Exit, ...] = PLAIN_EXITS


SETTINGS = (
    argument("--url", metavar="URL", help="address of Trace; else TRACE_URL, else what `trace login` wrote"),
    argument("--org", metavar="ORG", help="the org that is meant; else TRACE_ORG, else the token's"),
)
JSON = argument("--json", action="store_true", help="JSON, for programs")
DAG = argument("dag", metavar="DAG", help="name of a DAG")
JOB = argument("job", metavar="JOB", help="name of a job of it")
PATHS = argument(
    "paths", nargs="+", metavar="FILE|DIR|-", help="documents; every *.yaml and *.yml below a directory; - is the standard input"
)
FORMAT = argument(
    "--format", choices=("text", "json", "github"), default="text",
    help="how problems are written: for people, a line of JSON, or annotations of a GitHub workflow",
)  # fmt: skip
WATCH = argument("--watch", action="store_true", help="do it again whenever a file changes, until Ctrl-C")
YES = argument("--yes", action="store_true", help="do not ask")
ACTIVATE = argument("--activate", action="store_true", help="make the deployed version the active one")
