"""What an e-mail address is to Trace: a name that two people cannot share by writing it differently."""

from __future__ import annotations

import re
import unicodedata

from apps.platform.errors import Invalid

_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(?:\.[^@\s.]+)+")


def normalise_email(raw: str) -> str:
    """Compatibility-normalised and case-folded; control and invisible characters are refused, not dropped."""
    email = unicodedata.normalize("NFKC", raw).strip().casefold()
    if not _EMAIL.fullmatch(email) or any(unicodedata.category(char) in {"Cc", "Cf"} for char in email):
        raise Invalid("Write an e-mail address like name@example.com.", code="bad_email")
    return email
