"""Once, or again at each change."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from apps.cli.documents import STDIN, Document, read_all
from apps.cli.exits import Exit, Misused
from apps.cli.session import Session
from apps.cli.watching import watch


def rounds(session: Session, paths: Sequence[str], act: Callable[[], Exit], *, watched: bool) -> Exit:
    if watched and STDIN in paths:
        raise Misused("--watch needs files: the standard input is read once.")
    return watch(session, paths, act) if watched else act()


def read(session: Session, paths: Sequence[str]) -> list[Document]:
    return read_all(paths, directory=session.outside.directory, stdin=session.outside.stdin)
