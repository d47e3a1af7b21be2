"""Where Trace is and who asks: an option, else the environment, else the file that `trace login` wrote."""

from __future__ import annotations

import json
import stat
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from apps.cli.exits import Misused
from apps.cli.outside import Outside
from apps.platform import parsers
from apps.platform.client_config import ClientConfig
from apps.platform.config import Config
from apps.platform.environment import variables
from apps.platform.errors import ConfigError
from apps.platform.privatefile import write_private

_HOW = "Sign in to Trace, make an API token under Admin → API tokens, then run `trace login`; or set TRACE_URL and TRACE_TOKEN."
_ON_THIS_MACHINE = (
    "A stack seems to run here (.trace/stack.json): sign in at the address that `make up` printed, make an API token under"
    " Admin → API tokens, then run `trace login --url ADDRESS`."
)


@dataclass(frozen=True)
class Settings:
    url: str
    token: str = field(repr=False)
    org: str = ""


def client_config(outside: Outside) -> ClientConfig:
    servers = frozenset(var.name for _, var in variables(Config))
    try:
        return ClientConfig.from_env(outside.environ, others=servers)
    except ConfigError as error:
        raise Misused("\n".join(error.problems)) from None


def settings_of(config: ClientConfig, *, url: str | None, org: str | None, directory: Path) -> Settings:
    kept = read_file(file_of(config))
    found = address(url or config.url or kept.get("url", ""))
    # What was made for one address is never sent to another.
    own = kept if kept.get("url") == found else {}
    token = config.token or own.get("token", "")
    if not found or not token:
        missing = " and ".join(word for word, value in (("address", found), ("token", token)) if not value)
        hint = _ON_THIS_MACHINE if (directory / ".trace/stack.json").exists() else _HOW
        raise Misused(f"No {missing} of Trace{f' for {found}' if found else ''} is set.", hint=hint)
    return Settings(found, sendable(token), org or config.org or own.get("org", ""))


def address(url: str) -> str:
    if not url:
        return ""
    try:
        parsed = parsers.url("http", "https")(url)
    except ValueError as error:
        raise Misused(f"`{url}` is no address: {error}.") from None
    if "@" in urlsplit(parsed).netloc:
        raise Misused("An address holds no user and password here.", hint="Leave them out: the token says who you are.")
    return parsed


def sendable(token: str) -> str:
    token = token.strip()
    if not token.isascii() or not token.isprintable() or " " in token:
        raise Misused("This is no token of Trace: it holds a character that none has.", hint="It begins with `trace_pat_`.")
    return token


def file_of(config: ClientConfig) -> Path:
    home = config.config_home
    # The XDG specification: a relative path is to be ignored.
    return (home if home and home.is_absolute() else Path.home() / ".config") / "trace" / "config.toml"


def read_file(file: Path) -> dict[str, str]:
    try:
        with file.open("rb") as stream:
            if stat.S_IMODE(file.stat().st_mode) & 0o077:
                raise Misused(f"Others on this machine can read the token in {file}.", hint=f"chmod 600 {file}")
            return {name: value for name, value in tomllib.load(stream).items() if isinstance(value, str)}
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise Misused(f"{file} cannot be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Misused(f"{file} is not TOML: {error}.", hint="Run `trace login`, which writes it anew.") from None


def write_file(file: Path, settings: Settings) -> None:
    said: dict[str, Any] = {"url": settings.url, "token": settings.token} | ({"org": settings.org} if settings.org else {})
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # A string of JSON is one of TOML.
        write_private(file, "".join(f"{name} = {json.dumps(value)}\n" for name, value in said.items()))
    except OSError as error:
        raise Misused(f"{file} cannot be written: {error.strerror}.") from None
