"""How a host outside of Trace is written, so that one is one: its name as the network has it, and its port where that is not the usual one."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from apps.platform.domains import as_the_network_writes

LONGEST = 259
_USUAL_PORT = 443
_PORT = re.compile(r"[1-9][0-9]{0,4}")


def as_host(text: str) -> str:
    """`Feeds.example.com:443` is `feeds.example.com`. Empty where it is none; a number is none, for what is approved has a name."""
    name, colon, port = text.strip().partition(":")
    written = as_the_network_writes(name)
    if not written or written.rpartition(".")[2].isdigit() or (colon and not (_PORT.fullmatch(port) and int(port) < 1 << 16)):
        return ""
    return f"{written}:{port}" if colon and int(port) != _USUAL_PORT else written


def host_of(url: str) -> str:
    """Of an address that begins with https://. Empty where it names none that could be approved."""
    try:
        split = urlsplit(url)
        port = split.port
    except ValueError:
        return ""
    # What stands before an @, and a backslash, are read as the host by one reader and not by another.
    if split.scheme != "https" or not split.hostname or "@" in split.netloc or "\\" in url:
        return ""
    return as_host(f"{split.hostname}:{port}" if port is not None else split.hostname)
