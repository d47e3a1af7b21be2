"""Drill 15: what a version is built of is corrected all the time, while it is built, when it takes over, and after it was left.

Whatever moment a correction meets, nothing that readers get in the end was made of what was there before it.
"""

from __future__ import annotations

import random
import threading

from tests.documents import chunked, reactive
from tests.drills import faults
from tests.drills.beside import Beside
from tests.drills.readers import Reader
from tests.drills.scene import Scene
from tests.journeys.stack import wait_until

ROWS, CHUNK = 400_000, 10_000
_PIECES = """
SELECT count(*) FROM datasets_dataset AS d JOIN datasets_output AS o ON o.id = d.output_id
JOIN datasets_partition AS p ON p.version_id = o.current_id AND p.superseded_at IS NULL WHERE d.name = 'corrected_blocks'
"""
_SAID = """
SELECT count(*) FROM dispatch_invalidation AS v JOIN dispatch_livejob AS j ON j.id = v.job_id JOIN dags_dag AS d ON d.id = j.dag_id
WHERE d.name = 'corrected' AND j.name = 'blocks'
"""
_OPEN = _SAID + " AND v.done_at IS NULL"
# Made by an attempt that was claimed, and so had its inputs pinned, before what it read was corrected.
_STALE = """
SELECT count(*) FROM datasets_dataset AS d JOIN datasets_output AS o ON o.id = d.output_id
JOIN datasets_partition AS p ON p.version_id = o.current_id AND p.superseded_at IS NULL
JOIN dispatch_task AS t ON t.id = p.task_id
JOIN dispatch_livejob AS j ON j.name = 'blocks' AND j.dag_id = o.dag_id AND j.build_id IS NULL
JOIN dispatch_invalidation AS v ON v.job_id = j.id AND v.range_start <= p.range_end AND v.range_end >= p.range_start
WHERE d.name = 'corrected_blocks' AND t.claimed_at < v.created_at
"""


def _document(name: str, seed: int) -> str:
    return chunked(
        name, reactive("blocks", "demo_blocks"), reactive("totals", "demo_totals", "blocks", bucket=seed),
        chunk=CHUNK, publish={f"{name}_raw": "blocks", f"{name}_blocks": "totals"},
    )  # fmt: skip


class Corrections(threading.Thread):
    """Ranges of blocks, by chance and again and again, until it is told to stop."""

    def __init__(self, scene: Scene) -> None:
        super().__init__(name="corrections", daemon=True)
        self._hands, self._chance = scene.load.hands, random.Random(scene.seed)
        self._is_over = threading.Event()

    def run(self) -> None:
        while not self._is_over.wait(0.3):
            first = self._chance.randrange(ROWS)
            self._hands.invalidate("corrected_raw", first, min(first + self._chance.randrange(3 * CHUNK), ROWS - 1))

    def stop(self) -> None:
        self._is_over.set()
        self.join()


def test_what_readers_get_was_made_after_the_last_correction(scene: Scene) -> None:
    dag = Beside(scene, "corrected", _document)
    dag.activate(seed=100)
    dag.run(0, ROWS - 1)
    settled(scene)
    before = dag.content(below=ROWS)
    reader, corrections = Reader(lambda: scene.stack, dag.dataset, below=ROWS), Corrections(scene)
    reader.start()
    corrections.start()

    dag.activate(seed=1000)
    with scene.fault("worker killed while it is built and corrected"):
        faults.kill(scene.stack, "worker")
    dag.wait_for_version(2)
    scene.work(50)
    dag.activate(seed=100)
    dag.wait_for_version(1)
    scene.work(50)
    dag.activate(seed=1000)
    dag.wait_for_version(2)
    corrections.stop()

    wait_until(lambda: scene.answered(lambda: scene.state.number(_OPEN) == 0), seconds=240, what="corrections stayed open")
    assert scene.state.number(_SAID) > 20
    assert scene.state.number(_STALE) == 0
    rebuilt, looks = dag.content(below=ROWS), reader.stop()
    # The rows are what they were: whoever made one of them of nothing, of half, or for another version, made others.
    assert {one.content for one in looks} == {before, rebuilt}
    assert all(len(one.versions) == 1 for one in looks)
    scene.must_end_well()


def settled(scene: Scene) -> None:
    wait_until(
        lambda: scene.answered(lambda: scene.state.number(_PIECES) == ROWS // CHUNK), seconds=240, what="the totals were not made"
    )
