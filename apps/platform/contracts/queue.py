"""What lies on the queue: a wake-up, and little else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self
from uuid import UUID

from apps.platform.json import Json


@dataclass(frozen=True)
class ProbeMessage:
    """Come back and say that you got here."""

    probe_id: str

    @classmethod
    def parse(cls, payload: Json) -> Self:
        return cls(_text(payload, "probe_id"))

    def to_json(self) -> Json:
        return {"probe_id": self.probe_id}


@dataclass(frozen=True)
class TaskMessage:
    """A wake-up: there is a task to claim. Lost, late or twice, it changes nothing."""

    task_id: UUID

    @classmethod
    def parse(cls, payload: Json) -> Self:
        return cls(UUID(_text(payload, "task_id")))

    def to_json(self) -> Json:
        return {"task_id": str(self.task_id)}


def _text(payload: Json, key: str) -> str:
    if not isinstance(payload, dict) or not isinstance(value := payload.get(key), str):
        raise ValueError(f"the message is {{'{key}': text}}")  # noqa: TRY004  the value is wrong, whatever its type
    return value
