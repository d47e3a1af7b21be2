from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django.live_server_helper import LiveServer

from tests.apps.cli.terminal import TOKEN, URL, Terminal
from tests.factories import Persona


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """With settings, and nobody at their address."""
    work = tmp_path / "work"
    work.mkdir()
    return Terminal(work, {"TRACE_URL": URL, "TRACE_TOKEN": TOKEN, "XDG_CONFIG_HOME": str(tmp_path / "config")})


@pytest.fixture
def seat(terminal: Terminal, live_server: LiveServer, writer: Persona) -> Terminal:
    """A writer before the real Trace."""
    terminal.environ |= {"TRACE_URL": live_server.url, "TRACE_TOKEN": writer.token}
    return terminal
