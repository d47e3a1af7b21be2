"""Every code that somebody may meet is in the guide, with what to do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings

from apps.accounts.sso.errors import SsoError

ROOT = Path(settings.BASE_DIR)
GUIDE = (ROOT / "docs/guides/single-sign-on.md").read_text()
# Only a sign-in has a nonce: there it is `sso_refused`.
IN_PAGES_ONLY = {"token_wrong_nonce"}
SOURCES = (ROOT / "apps/platform/oidc/verifying.py", ROOT / "apps/accounts/sso/bearer.py")


@pytest.mark.parametrize("error", SsoError.__subclasses__(), ids=lambda error: error.code)
def test_a_refusal_is_in_the_guide(error: type[SsoError]) -> None:
    assert f"| `{error.code}` |" in GUIDE
    assert error.message_.endswith(".") and error.remedy.endswith(".")


CODES = {code for file in SOURCES for code in re.findall(r'code="(\w+)"', file.read_text())} - IN_PAGES_ONLY


@pytest.mark.parametrize("code", sorted(CODES))
def test_a_code_of_a_bearer_token_is_in_the_guide(code: str) -> None:
    assert f"`{code}`" in GUIDE
