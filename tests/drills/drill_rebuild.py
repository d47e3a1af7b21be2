"""Drills 15 and 17, the part of the cutover: a million rows are rebuilt and rolled back under load, with processes killed meanwhile.

Whoever reads at any moment reads one version, whole; and what a rebuild makes is what a run from nothing makes, to the bit.
"""

from __future__ import annotations

from tests.documents import chunked, reactive
from tests.drills import faults
from tests.drills.beside import Beside
from tests.drills.readers import Reader
from tests.drills.scene import Scene

ROWS, MORE = 1_000_000, 200_000


def _document(name: str, seed: int) -> str:
    return chunked(name, reactive("blocks", "demo_blocks", seed=seed), chunk=50_000, publish={f"{name}_blocks": "blocks"})


def test_a_million_rows_are_rebuilt_and_rolled_back_and_nobody_reads_half_of_it(scene: Scene) -> None:
    dag = Beside(scene, "rebuilt", _document)
    dag.activate(seed=1)
    dag.run(0, ROWS - 1)
    dag.wait_for_rows(ROWS)
    before = dag.content(below=ROWS)
    reader = Reader(lambda: scene.stack, dag.dataset, below=ROWS)
    reader.start()

    dag.activate(seed=2)
    with scene.fault("worker killed while it is built"):
        faults.kill(scene.stack, "worker")
    with scene.fault("dispatcher killed while it is built"):
        faults.kill(scene.stack, "dispatcher")
    dag.wait_for_version(2)
    rebuilt = dag.content(below=ROWS)

    # Under load: what the second version is just making, the first one makes again.
    dag.run(ROWS, ROWS + MORE - 1)
    dag.activate(seed=1)
    dag.wait_for_version(1)
    assert dag.content(below=ROWS) == before
    dag.wait_for_rows(ROWS + MORE)
    looks = reader.stop()

    assert {one.content for one in looks} <= {before, rebuilt}
    assert all(len(one.versions) == 1 and one.rows == ROWS for one in looks)
    assert len({one.content for one in looks}) == 2
    for seed, made, rows in ((2, rebuilt, ROWS), (1, dag.content(below=ROWS + MORE), ROWS + MORE)):
        fresh = Beside(scene, f"fresh{seed}", _document)
        fresh.activate(seed)
        fresh.run(0, rows - 1)
        fresh.wait_for_rows(rows)
        assert fresh.content(below=rows) == made
    scene.must_end_well()
