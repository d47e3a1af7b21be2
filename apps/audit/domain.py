"""Who did something: what every service is told as `by`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class ActorKind(StrEnum):
    PERSON = "person"
    SYSTEM = "system"


@dataclass(frozen=True)
class Actor:
    """A person, perhaps through a token, at an address and in a request; or a part of Trace itself."""

    kind: ActorKind
    name: str
    person_id: UUID | None = None
    token_id: UUID | None = None
    address: str = ""
    request_id: str = ""

    @classmethod
    def system(cls, name: str) -> Actor:
        return cls(ActorKind.SYSTEM, name)


@dataclass(frozen=True)
class Subject:
    """What it was done to. `name` is kept as it was then: the thing may be gone when somebody reads this."""

    kind: str
    id: str
    name: str = ""
