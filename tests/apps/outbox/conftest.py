"""A handler that remembers, under a kind of its own for every test."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest
from django.conf import settings
from django.db import transaction

from apps.outbox import services
from apps.outbox.domain import Claimed, register
from apps.platform.config import Config
from apps.platform.json import Json
from tests.factories import unique


@dataclass
class Recorder:
    """Handles a kind: remembers every batch, and fails as `fault` says."""

    kind: str
    batches: list[list[Json]] = field(default_factory=list)
    fault: Callable[[Claimed], None] = lambda _message: None

    def __call__(self, messages: Sequence[Claimed]) -> None:
        for message in messages:
            self.fault(message)
        self.batches.append([message.payload for message in messages])

    @property
    def payloads(self) -> list[Json]:
        return [payload for batch in self.batches for payload in batch]

    def put(self, *payloads: Json) -> None:
        with transaction.atomic():
            services.put_many([services.Outgoing(self.kind, payload) for payload in payloads])


@pytest.fixture
def recorder() -> Recorder:
    recorder = Recorder(unique("kind"))
    register(recorder.kind, recorder)
    return recorder


@pytest.fixture
def config() -> Config:
    loaded: Config = settings.CONFIG
    return loaded
