"""How a domain is written so that two that differ are two, and one is one. Pure."""

from __future__ import annotations

import re
import unicodedata

import idna

_DOMAIN = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+")
LONGEST = 253
# Where anybody gets a mailbox. Far from all of them: those that somebody adds by mistake, who means one person's address.
_PUBLIC_MAIL = frozenset({
    "aol.com", "fastmail.com", "gmail.com", "gmx.com", "gmx.de", "gmx.net", "googlemail.com", "hey.com", "hotmail.com", "icloud.com",
    "live.com", "mac.com", "mail.com", "mail.ru", "me.com", "msn.com", "outlook.com", "pm.me", "proton.me", "protonmail.com",
    "qq.com", "163.com", "tutanota.com", "web.de", "yahoo.com", "yandex.com", "yandex.ru", "ymail.com", "zoho.com",
})  # fmt: skip


def as_the_network_writes(domain: str) -> str:
    """`bücher.example` and `xn--bcher-kva.example` are one place, and look-alikes look different. Empty if it is none.

    By IDNA 2008: Python's own codec, of 2003, makes `strasse.example` of `straße.example`, which somebody else may own.
    """
    if len(domain) > LONGEST or not unicodedata.is_normalized("NFKC", domain):
        return ""
    try:
        written = idna.encode(domain.lower(), strict=True, std3_rules=True).decode()
    except UnicodeError:
        return ""
    return written if len(written) <= LONGEST and _DOMAIN.fullmatch(written) else ""


def is_everybodys(domain: str) -> bool:
    """Whether it is a mail provider's, as the network writes it: an address there says nothing of an org."""
    return domain in _PUBLIC_MAIL
