"""Drill 4: the state database is away for ten seconds: frozen, locked, and stopped for real."""

from __future__ import annotations

import time

from tests.drills import faults
from tests.drills.scene import Scene

AWAY_SECONDS = 10.0


def test_a_database_that_freezes_is_waited_for(scene: Scene) -> None:
    with scene.fault("Postgres frozen"), faults.frozen(scene.stack, "postgres"):
        time.sleep(AWAY_SECONDS)
    scene.must_be_back(within_seconds=30)
    scene.work(100)

    scene.must_end_well()


def test_a_state_database_that_lets_nobody_in_is_waited_for(scene: Scene) -> None:
    """The queue works on: what it delivers meanwhile cannot be claimed."""
    with scene.fault("state database locked"), faults.locked(scene.stack, "state"):
        time.sleep(AWAY_SECONDS)
    scene.must_be_back(within_seconds=45)
    scene.work(100)

    scene.must_end_well()


def test_a_database_server_that_is_stopped_and_started_is_waited_for(scene: Scene) -> None:
    with scene.fault("Postgres stopped"):
        faults.hold_down(scene.stack, "postgres", seconds=AWAY_SECONDS)
    scene.must_be_back(within_seconds=60)
    scene.work(100)

    scene.must_end_well()
