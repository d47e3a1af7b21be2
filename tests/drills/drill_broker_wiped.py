"""Drill 12: the broker of the loops forgets everything, and dies."""

from __future__ import annotations

from tests.drills import faults
from tests.drills.scene import Scene


def test_a_broker_that_forgets_everything_is_only_a_delay(scene: Scene) -> None:
    for _ in range(3):
        with scene.fault("broker wiped"):
            faults.wipe_broker(scene.stack)
        scene.must_be_back(within_seconds=30)
        scene.work(50)

    scene.must_end_well()


def test_a_broker_that_is_away_is_only_a_delay(scene: Scene) -> None:
    with scene.fault("broker held down"):
        faults.hold_down(scene.stack, "valkey", seconds=10)
    scene.must_be_back(within_seconds=60)
    scene.work(100)

    scene.must_end_well()
