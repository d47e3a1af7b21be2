"""What the demo's node writes down of its chain. A kill may hit it in the middle of that, so a whole one is kept beside it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

_PIECE = 1 << 20


@dataclass
class ChainState:
    file: Path
    # Of the file when it was last kept.
    _kept_of: int = 0

    @property
    def kept(self) -> Path:
        return self.file.with_suffix(".kept.json")

    def keep(self) -> None:
        """A copy, if what is there is news and whole. What is torn is kept another time."""
        try:
            written = self.file.stat().st_mtime_ns
        except FileNotFoundError:
            return
        if written == self._kept_of:
            return
        copy = self.file.with_suffix(".copy.json")
        shutil.copyfile(self.file, copy)
        if _is_whole(copy):
            copy.replace(self.kept)
            self._kept_of = written

    def settle(self) -> str:
        """Before the node reads it. What was wrong, in words; empty where nothing was."""
        if not self.file.exists() or _is_whole(self.file):
            return ""
        if self.kept.exists() and _is_whole(self.kept):
            shutil.copyfile(self.kept, self.file)
            return "the chain was being written down when all was killed; it goes on from a minute before"
        damaged = self.file.with_suffix(".damaged.json")
        self.file.replace(damaged)
        return f"what was written down of the chain is damaged; it begins anew, and {damaged} is left to look at"


def _is_whole(file: Path) -> bool:
    """It is one object, and its braces are as many; none stands in a text, for all of those are numbers and hashes."""
    opened = closed = 0
    last = b""
    with file.open("rb") as stream:
        while piece := stream.read(_PIECE):
            opened, closed = opened + piece.count(b"{"), closed + piece.count(b"}")
            last = piece.rstrip()[-1:] or last
    return opened > 0 and opened == closed and last == b"}"
