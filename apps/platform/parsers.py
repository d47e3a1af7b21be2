"""Parsers of environment variables. Each raises ValueError with the rule that was broken, never the value."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

E = TypeVar("E", bound=StrEnum)


def text(raw: str) -> str:
    return raw


def slug(raw: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,30}", raw):
        raise ValueError("write small letters, digits and -, starting with a letter, at most 31")
    return raw


def words(raw: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in raw.split(",") if part.strip())


def boolean(raw: str) -> bool:
    match raw.lower():
        case "1" | "true" | "yes" | "on":
            return True
        case "0" | "false" | "no" | "off":
            return False
    raise ValueError("write 1 or 0")


def whole(minimum: int, maximum: int) -> Callable[[str], int]:
    def parse(raw: str) -> int:
        rule = f"write a whole number from {minimum} to {maximum}"
        try:
            value = int(raw)
        except ValueError:
            raise ValueError(rule) from None
        if not minimum <= value <= maximum:
            raise ValueError(rule)
        return value

    return parse


def one_of(choices: type[E]) -> Callable[[str], E]:
    def parse(raw: str) -> E:
        try:
            return choices(raw.lower())
        except ValueError:
            raise ValueError("write one of " + ", ".join(choices)) from None

    return parse


def path(raw: str) -> Path:
    if "\0" in raw:
        raise ValueError("a path has no NUL byte")
    return Path(raw).expanduser()


def url(*schemes: str) -> Callable[[str], str]:
    def parse(raw: str) -> str:
        rule = "write an address like " + " or ".join(f"{scheme}://host:port" for scheme in schemes)
        try:
            parts = urlsplit(raw)
            port = parts.port
        except ValueError:
            raise ValueError(rule) from None
        if parts.scheme not in schemes or not parts.hostname or port == 0:
            raise ValueError(rule)
        return raw.rstrip("/")

    return parse


def log_level(raw: str) -> str:
    if raw.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
        raise ValueError("write DEBUG, INFO, WARNING or ERROR")
    return raw.upper()
