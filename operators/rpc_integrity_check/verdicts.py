"""Who is right, by how many say the same; and what is written of the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from operators.rpc_integrity_check.answers import Said, first_difference
from operators.rpc_integrity_check.config import Answer

Answers = Mapping[str, Said]


@dataclass(frozen=True)
class Quorum:
    """`hash` is None where too few agree, or as many on one thing as on another."""

    agreeing: int
    hash: bytes | None
    are_one: bool

    @classmethod
    def of(cls, answers: Answers, needed: int) -> Quorum:
        counted = Counter(said.hash for said in answers.values() if not said.lack)
        (first, most), (_, second) = [*counted.most_common(2), (None, 0), (None, 0)][:2]
        return cls(most, first if most >= needed and most > second else None, len(counted) <= 1)


def rows(compared: Answer, answers: Answers, needed: int) -> Iterator[dict[str, Any]]:
    """Of those whose answer is not the quorum's."""
    quorum = Quorum.of(answers, needed)
    truth = next((said.answer for said in answers.values() if quorum.hash is not None and said.hash == quorum.hash), None)
    for provider, said in answers.items():
        row = {
            "compared": compared, "provider": provider, "answer_hash": said.hash, "quorum_hash": quorum.hash,
            "agreeing": quorum.agreeing, "field": None, "said": said.why or None, "quorum_said": None,
        }  # fmt: skip
        if said.lack:
            yield row | {"status": said.lack.value}
        elif quorum.hash is None:
            if not quorum.are_one:
                yield row | {"status": "no_quorum"}
        elif said.hash != quorum.hash:
            field, its, theirs = first_difference(compared, said.answer, truth)
            yield row | {"status": "differs", "field": field, "said": its, "quorum_said": theirs}
