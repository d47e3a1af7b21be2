"""A provider's address and key never leave the gateway, whatever the provider writes into its answers."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from urllib.parse import quote, quote_plus, unquote, unquote_plus, urlsplit

from apps.platform.contracts.rpc import ProviderSettings

HIDDEN = "[hidden]"
# Parts of a path that are on every provider's front page; to hide them would only make its errors unreadable.
_COMMON = frozenset({"rpc", "eth", "api", "ext", "jsonrpc", "mainnet", "ethereum", "http", "https", "node", "main"})
# Shorter than this, or without a digit, it may be a word of any answer.
_SHORTEST_KEY = 8
_HEX, _LONG_HEX = re.compile(r"[0-9a-fA-F]+"), 32


class Scrubber:
    def __init__(self, settings: ProviderSettings) -> None:
        addresses = [url for url in (settings.url, settings.ws_url) if url]
        parts = {part for url in addresses for part in _parts(url)} | set(_header_parts(settings))
        places = {place for url in addresses for place in _places(url)}
        # A place with a port or a dot is no word of any result.
        self.keys = _longest_first(
            {part for part in parts if _looks_like_key(part)} | {place for place in places if ":" in place or "." in place}
        )
        self._words = _longest_first({one for one in parts | places | set(addresses) if len(one) >= 3})

    def answer(self, text: str) -> str:
        """Of a whole answer: only what can be nothing but a key, since results must stay what they are."""
        for key in self.keys:
            if key in text:
                # As a piece of longer hex it is somebody's data.
                text = (
                    re.sub(f"(?<![0-9a-fA-F]){key}(?![0-9a-fA-F])", HIDDEN, text)
                    if _may_be_data(key)
                    else text.replace(key, HIDDEN)
                )
        return text

    def error(self, text: str) -> str:
        """Of an error: everything that says where the provider is."""
        for word in self._words:
            text = text.replace(word, HIDDEN)
        return text


def _parts(url: str) -> Iterator[str]:
    """What may be a key: user, password, both as a header has them, pieces of the path, values of the query; each as it is written, and as it is meant."""
    split = urlsplit(url)
    values = [pair.partition("=")[2] for pair in split.query.split("&")]
    for part in [split.username or "", split.password or "", *split.path.split("/"), *values]:
        meant = unquote(part)
        for one in {part, meant, unquote_plus(part), quote(meant, safe=""), quote_plus(meant)}:
            if len(one) > 2 and one.lower() not in _COMMON:
                yield one
    if split.username:
        # As it is sent.
        yield b64encode(unquote(f"{split.username}:{split.password or ''}").encode()).decode()


def _places(url: str) -> Iterator[str]:
    split = urlsplit(url)
    host = split.netloc.rpartition("@")[2]
    yield from (one for one in (split.netloc, host, split.hostname or "") if one)


def _header_parts(settings: ProviderSettings) -> Iterator[str]:
    for value in settings.headers.values():
        yield from (piece for piece in (value, *value.split()) if len(piece) > 2)


def _looks_like_key(part: str) -> bool:
    return len(part) >= 16 or (len(part) >= _SHORTEST_KEY and any(letter.isdigit() for letter in part))


def _may_be_data(key: str) -> bool:
    """Hex that is short enough to come in a block by chance."""
    return len(key) < _LONG_HEX and _HEX.fullmatch(key) is not None


def _longest_first(words: set[str]) -> tuple[str, ...]:
    return tuple(sorted(words, key=lambda word: (-len(word), word)))
