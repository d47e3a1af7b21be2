"""Did you mean: of the names there are, the one that somebody who mistyped had in mind."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

# Longer names are no slips of the finger, and comparing them takes long.
_LONGEST = 200
# Of ten letters two may be wrong; less alike is a guess.
_LIKENESS = 0.75


def meant(name: str, known: Iterable[str]) -> str | None:
    """The nearest of `known`, as it is written there; None where nothing is near. Capitals do not count."""
    if len(name) > _LONGEST:
        return None
    by_small = {one.lower(): one for one in sorted(known, reverse=True)}
    near = get_close_matches(name.lower(), by_small, n=1, cutoff=_LIKENESS)
    return by_small[near[0]] if near else None
