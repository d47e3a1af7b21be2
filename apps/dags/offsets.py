"""Python counts characters, a browser counts UTF-16 units; beyond the first 65,536 characters they differ."""

from __future__ import annotations


def in_utf16(text: str, offset: int) -> int:
    return len(text[:offset].encode("utf-16-le", errors="surrogatepass")) // 2
