"""Drill 9: kill -9 of every process at once, and a start on what is left."""

from __future__ import annotations

from tests.drills import faults
from tests.drills.scene import Scene


def test_a_machine_that_lost_its_power_goes_on_where_it_was(scene: Scene) -> None:
    for _ in range(2):
        with scene.fault("everything killed"):
            faults.kill_everything(scene.stack)
            scene.start_again()
        scene.must_be_back(within_seconds=60)
        scene.work(100)
    # After two losses it is tried again in a minute and a half at most.
    scene.must_tick(seconds=150)

    scene.must_end_well()
