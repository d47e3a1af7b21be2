"""What the command line `trace` reads from the environment: it is a client, and none of this configures a server.

The reference page docs/reference/command-line.md lists it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from apps.platform import parsers as p
from apps.platform.environment import read, variable, variables


@dataclass(frozen=True, kw_only=True)
class ClientConfig:
    url: str = variable("TRACE_URL", p.url("http", "https"), default="", doc="Address of Trace.")
    token: str = variable("TRACE_TOKEN", p.text, default="", doc="API token, `trace_pat_…`.", secret=True)
    org: str = variable("TRACE_ORG", p.text, default="", doc="The org that is meant, where the token does not say.")
    config_home: Path | None = variable(
        "XDG_CONFIG_HOME", p.path, default=None, doc="Where `trace/config.toml` is; empty: `~/.config`."
    )
    no_color: bool = variable("NO_COLOR", bool, default=False, doc="Anything at all: no colours on a terminal.")

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None, *, others: frozenset[str] = frozenset()) -> Self:
        """`others`: variables of the servers, which may lie in the same shell."""
        return cls(**read(cls, os.environ if environ is None else environ, others=others))  # type: ignore[arg-type]


CLIENT_VARIABLES = frozenset(var.name for _, var in variables(ClientConfig))
