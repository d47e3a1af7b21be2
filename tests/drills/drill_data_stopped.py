"""Drill 5: the data database is away for ten seconds, while batches are handed over, tasks write tables, and all else goes on."""

from __future__ import annotations

import time

from tests.drills import faults
from tests.drills.scene import Scene
from tests.journeys import tables
from tests.journeys.stack import wait_until
from tests.journeys.tables import Blocks, expected

AWAY_SECONDS = 10.0
ROWS, CHUNK = 300_000, 20_000
# A range whose task is canceled before anybody has it.
EXTRA = 900_000
_EXTRA = "SELECT t.id FROM dispatch_task AS t JOIN dispatch_livejob AS j ON j.id = t.job_id WHERE j.name = 'blocks' AND t.range_start = %s"
_IS = "SELECT status FROM dispatch_task WHERE id = %s"


def test_while_the_data_database_is_away_all_but_its_rows_goes_on(scene: Scene) -> None:
    # So that they do not have every slot of the worker: what waits for a database waits in one.
    few = {"max_attempts": 20, "scaling": {"max_concurrency": 2}}
    hot = Blocks(lambda: scene.stack, "hot", tables.DIRECT, chunk=CHUNK, **few)
    fed = Blocks(lambda: scene.stack, "fed", tables.BUFFERED, chunk=CHUNK, **few)
    dags = (hot, fed)
    for dag in dags:
        dag.run(0, CHUNK - 1)
        dag.wait_for_rows(CHUNK)
        dag.run(CHUNK, ROWS - 1)
    wait_until(hot.is_writing, what="nobody wrote")

    with scene.fault("data database locked"), faults.locked(scene.stack, "data"):
        until = time.monotonic() + AWAY_SECONDS
        # Leased, completed, tried again and canceled meanwhile.
        scene.work(20, seconds=AWAY_SECONDS)
        hot.run(EXTRA, EXTRA + 9)
        wait_until(lambda: scene.answered(lambda: bool(scene.state.ask(_EXTRA, EXTRA))), what="the last task was not made")
        ((extra,),) = scene.state.ask(_EXTRA, EXTRA)
        scene.load.hands.cancel(str(extra))
        assert scene.state.ask(_IS, extra) == [("canceled",)]
        while time.monotonic() < until:
            time.sleep(0.1)
    scene.must_be_back(within_seconds=30)

    for dag in dags:
        dag.wait_for_rows(ROWS, seconds=240)
        assert dag.content() == expected(0, ROWS - 1)
    scene.must_end_well()
