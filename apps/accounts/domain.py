"""What an e-mail address, a name, a theme and a browser are to Trace. Pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from apps.platform.domains import as_the_network_writes
from apps.platform.errors import Invalid

LONGEST_EMAIL = 254
_NAME = re.compile(r"[^@\s]+")
# In this order: each calls itself the later ones as well.
_BROWSERS = (("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"), ("Linux", "Linux"),
)  # fmt: skip


class Theme(StrEnum):
    """Of the pages. `system` is a choice like the others; who has made none goes by what their browser's cookie says."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True)
class Device:
    """Where somebody signs in, as they will recognise it."""

    browser: str
    address: str


def normalise_email(raw: str) -> str:
    """A name that two people cannot share, for it is taken as proof of who somebody is.

    ASCII letters lose their case, and nothing else is mapped: what Unicode would make another address of (`ß`, `ﬁ`, full width)
    may be the address of somebody else, so it is refused. So is what nobody sees.
    """
    name, _, domain = raw.strip().partition("@")
    name = "".join(char.lower() if char.isascii() else char for char in name)
    domain = as_the_network_writes(domain)
    email = f"{name}@{domain}"
    # As it is kept: a domain grows when the network writes it.
    if not (domain and _NAME.fullmatch(name) and _is_plain(name)) or len(email) > LONGEST_EMAIL:
        raise Invalid("Write an e-mail address like name@example.com.", code="bad_email")
    return email


def normalise_domain(raw: str) -> str:
    domain = as_the_network_writes(raw.strip())
    if not domain:
        raise Invalid("Write a domain like example.com.", code="bad_domain")
    return domain


def domain_of(email: str) -> str:
    """Of a normalised address."""
    return email.rpartition("@")[2]


def _is_plain(name: str) -> bool:
    if any(unicodedata.category(char).startswith("C") for char in name):
        return False
    return unicodedata.normalize("NFKC", name).casefold() == name


def checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not 1 <= len(name) <= 120 or not name.isprintable():
        raise Invalid("Write a name of 1 to 120 characters.", code="bad_name")
    return name


def browser_name(user_agent: str) -> str:
    """`Firefox on Linux`: enough to know it again. What browsers say of themselves is no proof of anything."""
    browser, system = _first(_BROWSERS, user_agent), _first(_SYSTEMS, user_agent)
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or "Unknown browser"


def _first(names: tuple[tuple[str, str], ...], text: str) -> str:
    return next((name for mark, name in names if mark in text), "")
