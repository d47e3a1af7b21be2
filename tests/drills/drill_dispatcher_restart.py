"""Drill 1: the dispatcher is restarted as by a deployment, and killed, while it works."""

from __future__ import annotations

from tests.drills import faults
from tests.drills.scene import Scene


def test_a_restarted_dispatcher_loses_nothing(scene: Scene) -> None:
    with scene.fault("dispatcher restarted"):
        faults.restart(scene.stack, "dispatcher")
    scene.must_be_back(within_seconds=30)
    scene.work(100)

    with scene.fault("dispatcher killed"):
        faults.kill(scene.stack, "dispatcher")
    scene.must_be_back(within_seconds=30)
    scene.work(100)

    scene.must_end_well()
