"""Drill 14: two dispatchers and two beats do no more than one of each."""

from __future__ import annotations

from tests.drills import faults
from tests.drills.scene import Scene


def test_two_dispatchers_and_two_beats_do_everything_once(scene: Scene) -> None:
    with faults.twin(scene.stack, "dispatcher"), faults.twin(scene.stack, "beat"):
        with scene.fault("two of each"):
            scene.work(200, seconds=240)
            scene.wait_for_ticks(2)
        with scene.fault("one of the two killed"):
            faults.kill(scene.stack, "dispatcher")
        scene.must_be_back(within_seconds=30)
        scene.work(100)
        scene.must_end_well()
