"""Drill 10: the object store is away while partitions are written and committed. Nothing moves meanwhile, and then all of it once."""

from __future__ import annotations

from tests.drills import faults
from tests.drills.readers import look
from tests.drills.scene import Scene
from tests.journeys import tables
from tests.journeys.stack import wait_until
from tests.journeys.tables import Blocks, expected

AWAY_SECONDS = 10.0
ROWS, CHUNK = 2_000_000, 50_000
_PARTITIONS = """
SELECT count(*), count(*) FILTER (WHERE p.superseded_at IS NOT NULL), coalesce(sum(p.rows), 0) FROM datasets_partition AS p
JOIN datasets_version AS v ON v.id = p.version_id JOIN datasets_output AS o ON o.id = v.output_id WHERE o.dag = 'cold'
"""


def test_nothing_is_committed_that_no_store_vouches_for(scene: Scene) -> None:
    cold = Blocks(lambda: scene.stack, "cold", {"storage": "s3"}, chunk=CHUNK, max_attempts=20)
    fed = Blocks(lambda: scene.stack, "fed", tables.BUFFERED, chunk=20_000, max_attempts=20)
    cold.run(0, ROWS - 1)
    fed.run(0, 199_999)
    wait_until(lambda: partitions(scene)[0] > 3, what="nothing was committed")

    with scene.fault("object store stopped"):
        faults.hold_down(scene.stack, "seaweedfs", seconds=AWAY_SECONDS)
    assert partitions(scene)[0] < ROWS // CHUNK, "all was over before the store was away"
    scene.must_be_back(within_seconds=60)

    wait_until(lambda: partitions(scene) == (ROWS // CHUNK, 0, ROWS), seconds=300, what=f"{partitions(scene)} {cold.tasks()}")
    fed.wait_for_rows(200_000, seconds=240)
    assert fed.content() == expected(0, 199_999)
    assert look(scene.stack, "cold_blocks", below=ROWS).rows == ROWS
    scene.must_end_well()


def partitions(scene: Scene) -> tuple[int, int, int]:
    """All, those that were made twice, and the rows in them."""
    ((count, twice, rows),) = scene.state.ask(_PARTITIONS)
    return int(count), int(twice), int(rows)
