"""How one environment variable becomes one typed field: its name, parser, default, unit and documentation."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from apps.platform.errors import ConfigError

PREFIX = "TRACE_"
_KEY = "environment"


@dataclass(frozen=True)
class Variable:
    """What a reader needs to know of one environment variable."""

    name: str
    parse: Callable[[str], object]
    default: object
    doc: str
    unit: str
    secret: bool


def variable(
    name: str, parse: Callable[[str], object], *, default: object, doc: str, unit: str = "", secret: bool = False
) -> Any:  # a dataclass field takes the place of the value, as dataclasses.field itself does
    meta = Variable(name, parse, default, doc, unit, secret)
    return dataclasses.field(default=default, metadata={_KEY: meta}, repr=not secret)


def variables(config: type) -> Iterator[tuple[str, Variable]]:
    for field in dataclasses.fields(config):
        yield field.name, field.metadata[_KEY]


def read(config: type, environ: Mapping[str, str]) -> dict[str, object]:
    """Parse every variable; raise one ConfigError that names all that are wrong."""
    known = dict(variables(config))
    problems = list(_unknown(environ, {v.name for v in known.values()}))
    values: dict[str, object] = {}
    for field, var in known.items():
        raw = environ.get(var.name, "").strip()
        if not raw:
            continue
        try:
            values[field] = var.parse(raw)
        except ValueError as error:
            shown = "its value" if var.secret else repr(raw)
            problems.append(f"{var.name}: {shown} is not accepted: {error}.")
    if problems:
        raise ConfigError(problems)
    return values


def _unknown(environ: Mapping[str, str], names: Iterable[str]) -> Iterator[str]:
    known = sorted(names)
    for name in sorted(environ):
        if name.startswith(PREFIX) and name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {close[0]}?" if close else "docs/reference/configuration.md lists every variable."
            yield f"{name}: there is no such variable; {hint}"
