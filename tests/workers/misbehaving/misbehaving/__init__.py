"""An operator of somebody else's package that does whatever its config says, all of it badly."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from operators.sdk.config import Config
from operators.sdk.declaration import Declaration, Output, Resources
from operators.sdk.words import Activation, Runtime, Strategy


class MisbehaveConfig(Config):
    how: str = Field(description="Which of its deeds.")
    given: dict[str, Any] = Field(default={}, description="What the deed needs.")


DECLARATION = Declaration(
    name="misbehave",
    version="1.0",
    summary="Misbehaves.",
    activations=frozenset({Activation.REACTIVE}),
    strategies=frozenset({Strategy.PER_UPDATE}),
    runtimes=frozenset({Runtime.ECS_PLATFORM}),
    config=MisbehaveConfig,
    outputs=(Output("out", "Whatever."),),
    resources=Resources(cpu_millis=100, memory_mb=128, timeout_seconds=60),
    examples=({"how": "tell_pid"},),
    implementation="misbehaving.deeds:Misbehave",
)
