"""What an e-mail address is to Trace: a name that two people cannot share by writing it differently."""

from __future__ import annotations

import re
import unicodedata

from apps.platform.errors import Invalid

_NAME = re.compile(r"[^@\s]+")


_DOMAIN = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+")


def normalise_email(raw: str) -> str:
    """Compatibility-normalised and case-folded; control and invisible characters are refused, not dropped."""
    email = unicodedata.normalize("NFKC", raw).strip().casefold()
    name, _, domain = email.partition("@")
    domain = _as_the_network_writes(domain)
    if not (domain and _NAME.fullmatch(name)) or any(unicodedata.category(char) in {"Cc", "Cf"} for char in email):
        raise Invalid("Write an e-mail address like name@example.com.", code="bad_email")
    return f"{name}@{domain}"


def normalise_domain(raw: str) -> str:
    domain = _as_the_network_writes(unicodedata.normalize("NFKC", raw).strip().casefold())
    if not domain:
        raise Invalid("Write a domain like example.com.", code="bad_domain")
    return domain


def domain_of(email: str) -> str:
    """Of a normalised address."""
    return email.rpartition("@")[2]


def _as_the_network_writes(domain: str) -> str:
    """`bücher.example` and `xn--bcher-kva.example` are one place, and look-alikes look different. Empty if it is none."""
    try:
        written = domain.encode("idna").decode()
    except UnicodeError:
        return ""
    return written if len(written) <= 253 and _DOMAIN.fullmatch(written) else ""
