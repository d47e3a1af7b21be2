from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from tests.apps.cli.terminal import TOKEN, URL, Terminal

ME: dict[str, object] = {"email": "pat@trace.example", "org": "demo", "results": [], "next": None}


def config_of(terminal: Terminal) -> Path:
    return Path(terminal.environ["XDG_CONFIG_HOME"]) / "trace" / "config.toml"


@pytest.fixture
def asked(terminal: Terminal) -> list[httpx.Request]:
    """What Trace was asked."""
    requests: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200, json=ME)

    terminal.handler = handle
    return requests


@pytest.fixture
def kept(terminal: Terminal, asked: list[httpx.Request]) -> Path:
    """What `trace login` wrote, and nothing in the environment."""
    del terminal.environ["TRACE_URL"], terminal.environ["TRACE_TOKEN"]
    assert terminal.run("login", "--url", URL, "--org", "demo", stdin=f"{TOKEN}\n").code == 0
    asked.clear()
    return config_of(terminal)


def test_login_keeps_it_where_only_you_can_read_it(kept: Path) -> None:
    assert kept.read_text() == f'url = "{URL}"\ntoken = "{TOKEN}"\norg = "demo"\n'
    assert (kept.stat().st_mode & 0o777, kept.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_login_asks_where_somebody_can_answer(terminal: Terminal, asked: list[httpx.Request]) -> None:
    del terminal.environ["TRACE_URL"], terminal.environ["TRACE_TOKEN"]
    terminal.is_terminal, terminal.secret = True, TOKEN

    run = terminal.run("login", stdin=f"{URL}\n")

    assert run.code == 0 and "Address of Trace: " in run.err
    assert config_of(terminal).read_text() == f'url = "{URL}"\ntoken = "{TOKEN}"\n'


@pytest.mark.parametrize("token", ["", "\n", "two words\n", "trace_pat_ü\n"])
def test_login_takes_no_token_that_is_none(terminal: Terminal, token: str) -> None:
    assert terminal.run("login", stdin=token).code == 2
    assert not config_of(terminal).exists()


def test_a_token_is_no_argument(terminal: Terminal) -> None:
    assert terminal.run("login", "--token", TOKEN).code == 2


@pytest.mark.usefixtures("kept")
def test_what_was_kept_is_used(terminal: Terminal, asked: list[httpx.Request]) -> None:
    terminal.run("dags")

    (request,) = asked
    assert (request.headers["Authorization"], request.headers["Trace-Org"]) == (f"Bearer {TOKEN}", "demo")
    assert str(request.url).startswith(URL)


@pytest.mark.usefixtures("kept")
def test_a_token_is_not_sent_to_another_address(terminal: Terminal, asked: list[httpx.Request]) -> None:
    run = terminal.run("dags", "--url", "https://elsewhere.example")

    assert run.code == 2 and "No token of Trace for https://elsewhere.example" in run.err
    assert asked == []


@pytest.mark.usefixtures("kept")
def test_an_option_counts_before_a_variable_before_the_file(terminal: Terminal, asked: list[httpx.Request]) -> None:
    terminal.environ |= {"TRACE_TOKEN": "trace_pat_other", "TRACE_ORG": "variable"}
    terminal.run("dags")
    terminal.run("--org", "option", "dags")
    terminal.run("dags", "--org", "option")

    assert [request.headers["Trace-Org"] for request in asked] == ["variable", "option", "option"]
    assert {request.headers["Authorization"] for request in asked} == {"Bearer trace_pat_other"}


def test_a_file_that_others_can_read_is_refused(terminal: Terminal, kept: Path) -> None:
    kept.chmod(0o644)

    run = terminal.run("dags")

    assert run.code == 2 and f"chmod 600 {kept}" in run.err


@pytest.mark.parametrize("content", [b"url = ", b"\xff"])
def test_a_file_that_is_broken_is_told(terminal: Terminal, kept: Path, content: bytes) -> None:
    kept.write_bytes(content)

    run = terminal.run("dags")

    assert run.code == 2 and "is not TOML" in run.err and "trace login" in run.err


def test_without_settings_it_says_how_to_get_a_token(terminal: Terminal) -> None:
    del terminal.environ["TRACE_URL"], terminal.environ["TRACE_TOKEN"]

    run = terminal.run("dags")

    assert run.code == 2 and "No address and token of Trace is set." in run.err and "Admin → API tokens" in run.err


def test_beside_a_stack_it_says_so_and_reads_nothing_of_it(terminal: Terminal) -> None:
    del terminal.environ["TRACE_URL"], terminal.environ["TRACE_TOKEN"]
    # Whoever read it would fail.
    (terminal.directory / ".trace/stack.json").mkdir(parents=True)

    run = terminal.run("dags")

    assert run.code == 2 and "A stack seems to run here" in run.err


@pytest.mark.parametrize("url", ["trace.example", "ftp://trace.example", "http://me:secret@trace.example"])
def test_an_address_that_is_none_is_refused(terminal: Terminal, url: str) -> None:
    assert terminal.run("dags", "--url", url).code == 2


def test_a_misspelt_variable_is_named(terminal: Terminal) -> None:
    terminal.environ["TRACE_TOKNE"] = TOKEN

    run = terminal.run("dags")

    assert run.code == 2 and "did you mean TRACE_TOKEN?" in run.err


def test_variables_of_the_servers_may_lie_in_the_same_shell(terminal: Terminal, asked: list[httpx.Request]) -> None:
    terminal.environ["TRACE_PUBLIC_PORT"] = "9000"

    assert terminal.run("dags").code == 0
