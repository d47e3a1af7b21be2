from __future__ import annotations

import pytest

from apps.accounts.domain import browser_name

MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko)"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(("said", "name"), [
    (f"{MAC} Chrome/142.0.0.0 Safari/537.36", "Chrome on macOS"),
    (f"{MAC} Version/18.6 Safari/605.1.15", "Safari on macOS"),
    (f"{WINDOWS} Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0", "Edge on Windows"),
    ("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox on Linux"),
    ("Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Mobile Safari/537.36", "Chrome on Android"),
    ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1 Version/18.6 Mobile/15E148 Safari/604.1", "Safari on iPhone"),
    ("curl/8.14.1", "Unknown browser"),
    ("<script>go()</script>", "Unknown browser"),
    ("", "Unknown browser"),
])  # fmt: skip
def test_a_browser_is_named_as_its_owner_would(said: str, name: str) -> None:
    assert browser_name(said) == name
