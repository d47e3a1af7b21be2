"""All that a command touches beside its arguments. Tests bring their own."""

from __future__ import annotations

import getpass
import io
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    import httpx


@dataclass(frozen=True)
class Outside:
    """`environ`: None is the process's own. `transport`: None is the network."""

    stdin: TextIO
    stdout: TextIO
    stderr: TextIO
    directory: Path
    sleep: Callable[[float], None] = time.sleep
    ask_secret: Callable[[str], str] = getpass.getpass
    environ: Mapping[str, str] | None = None
    transport: httpx.BaseTransport | None = None

    @classmethod
    def of_this_process(cls) -> Outside:
        for stream in (sys.stdout, sys.stderr):
            # A terminal that cannot show a character shows another; that is no reason to fail.
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="replace")
        return cls(sys.stdin, sys.stdout, sys.stderr, Path.cwd())
