from __future__ import annotations

from argparse import Namespace

from apps.cli.declaring import Command
from apps.cli.exits import Exit, Misused
from apps.cli.session import Session
from apps.cli.settings import Settings, address, file_of, sendable, write_file
from apps.cli.told import Json


def run(session: Session, options: Namespace) -> Exit:
    url = address(options.url or session.config.url or _asked_url(session))
    if not url:
        raise Misused("The address of Trace is not given.", hint="trace login --url https://trace.example")
    settings = Settings(url, sendable(_token(session)), options.org or session.config.org)
    me = _proven(session, settings)
    file = file_of(session.config)
    write_file(file, settings)
    session.say(f"{me['email']} at {url}{_org(me)}; kept in {file}.")
    return Exit.FINE


def _asked_url(session: Session) -> str:
    # With a pipe the only line there is the token.
    if not session.outside.stdin.isatty():
        return ""
    session.outside.stderr.write("Address of Trace: ")
    session.outside.stderr.flush()
    return session.outside.stdin.readline().strip()


def _token(session: Session) -> str:
    outside = session.outside
    token = (outside.ask_secret("API token: ") if outside.stdin.isatty() else outside.stdin.readline()).strip()
    if not token:
        raise Misused("No token was given.", hint="Paste it at the prompt, or send it to the standard input of `trace login`.")
    return token


def _proven(session: Session, settings: Settings) -> Json:
    """Before it replaces one that works."""
    api = session.api_at(settings)
    try:
        return api.me()
    finally:
        api.close()


def _org(me: Json) -> str:
    return f", org {me['org']}" if me["org"] else ""


COMMAND = Command(
    "login", "keep the address of Trace and a token for the other commands", run,
    details="The token is asked for, or read from the standard input: arguments are seen by everybody on the machine.\n"
    "Both are kept in $XDG_CONFIG_HOME/trace/config.toml (~/.config), which only you can read.",
)  # fmt: skip
