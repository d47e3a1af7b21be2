"""All of it, mixed: which faults, in which order and how far apart is decided by SEED, for DRILL_SECONDS."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial

from tests.drills import faults
from tests.drills.scene import Scene
from tests.journeys.stack import StackProcess

SECONDS = float(os.environ.get("DRILL_SECONDS", "90"))
_SHORTEST, _LONGEST = 1.0, 8.0
_EVERYTHING = "everything killed"
_AT_ONCE: dict[str, Callable[[StackProcess], object]] = {
    "dispatcher restarted": partial(faults.restart, name="dispatcher"),
    "dispatcher killed": partial(faults.kill, name="dispatcher"),
    "beat killed": partial(faults.kill, name="beat"),
    "internal plane killed": partial(faults.kill, name="internal"),
    "worker restarted": partial(faults.restart, name="worker"),
    "worker killed": partial(faults.kill, name="worker"),
    "RPC gateway killed": partial(faults.kill, name="rpc_gateway"),
    "process host restarted": partial(faults.restart, name="process_host"),
    "process host killed": partial(faults.kill, name="process_host"),
    "source killed": faults.kill_the_source,
    "child killed": faults.kill_a_child,
    "Postgres killed": partial(faults.kill, name="postgres"),
    "broker killed": partial(faults.kill, name="valkey"),
    "broker wiped": faults.wipe_broker,
    "messages deleted": faults.delete_messages,
}
_FOR_A_WHILE: dict[str, Callable[[StackProcess], AbstractContextManager[None]]] = {
    "dispatcher frozen": partial(faults.frozen, name="dispatcher"),
    "internal plane frozen": partial(faults.frozen, name="internal"),
    "worker frozen": partial(faults.frozen, name="worker"),
    "process host frozen": partial(faults.frozen, name="process_host"),
    "Postgres frozen": partial(faults.frozen, name="postgres"),
    "state database locked": partial(faults.locked, database="state"),
    "queue database locked": partial(faults.locked, database="queue"),
}


def plan(seed: int, seconds: float) -> list[tuple[str, float, float]]:
    """(fault, how long it lasts, the pause after it): known before anything runs, so that a seed says what happens."""
    chance = random.Random(seed)
    names = [*_AT_ONCE, *_FOR_A_WHILE, _EVERYTHING]
    planned: list[tuple[str, float, float]] = []
    while sum(lasts + pause for _, lasts, pause in planned) < seconds:
        name = chance.choice(names)
        lasts, pause = chance.uniform(_SHORTEST, _LONGEST), chance.uniform(_SHORTEST, _LONGEST)
        planned.append((name, lasts if name in _FOR_A_WHILE else 0.0, pause))
    return planned


def test_whatever_happens_the_work_is_done_once(scene: Scene) -> None:
    for name, lasts, pause in plan(scene.seed, SECONDS):
        with scene.fault(name):
            _break(scene, name, lasts)
        time.sleep(pause)
    scene.must_be_back(within_seconds=90)
    scene.work(100)

    scene.must_end_well()


def _break(scene: Scene, name: str, lasts: float) -> None:
    if name == _EVERYTHING:
        faults.kill_everything(scene.stack)
        scene.start_again()
    elif name in _AT_ONCE:
        _AT_ONCE[name](scene.stack)
    else:
        with _FOR_A_WHILE[name](scene.stack):
            time.sleep(lasts)
