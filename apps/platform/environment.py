"""How one environment variable becomes one typed field: its name, parser, default, unit and documentation."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

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


def read(config: type, environ: Mapping[str, str], *, others: frozenset[str] = frozenset()) -> dict[str, object]:
    """Parse every variable; raise one ConfigError that names all that are wrong. `others` are known, and somebody else's."""
    known = dict(variables(config))
    problems = list(_unknown(environ, {v.name for v in known.values()} | others))
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


def secret_values(config: Any) -> Iterator[str]:
    """What must never be seen in a log: every secret, and of an address the password alone."""
    for field, var in variables(type(config)):
        if var.secret:
            value = getattr(config, field)
            for text in value if isinstance(value, tuple) else (value,):
                yield unquote(urlsplit(text).password or "") if "://" in text else text


def reference(config: type) -> str:
    """The page docs/reference/configuration.md, made from the declarations."""
    rows = (
        f"| `{var.name}` | {_shown(var.default)} | {var.unit} | {'Secret. ' if var.secret else ''}{var.doc} |"
        for _, var in variables(config)
    )
    return _REFERENCE + "".join(f"{row}\n" for row in rows)


def _shown(default: object) -> str:
    if isinstance(default, bool):
        return f"`{int(default)}`"
    if isinstance(default, tuple):
        default = ",".join(default)
    return f"`{default}`" if default != "" else ""


_REFERENCE = """\
# Configuration

Every environment variable Trace reads, made by `python -m apps.platform.config`. A variable that is wrong or unknown
stops the process at boot with a line that names it. On one machine the supervisor sets what the processes need;
set a variable yourself only to change it, as in `TRACE_PUBLIC_PORT=9000 make up`. The command line `trace` has
variables of its own, which the processes leave alone: [command-line.md](command-line.md).

| variable | default | unit | what it does |
|---|---|---|---|
"""
