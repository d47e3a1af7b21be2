"""A DAG of a drill's own, beside the load of the scene."""

from __future__ import annotations

from collections.abc import Callable

from tests.drills.readers import look
from tests.drills.scene import Scene
from tests.journeys.stack import wait_until

_HELD = """
SELECT coalesce((SELECT sum(p.rows) FROM datasets_dataset AS d JOIN datasets_output AS o ON o.id = d.output_id
JOIN datasets_partition AS p ON p.version_id = o.current_id AND p.superseded_at IS NULL WHERE d.name = '{name}_blocks'), 0)
"""
_ARMED = "SELECT count(*) FROM dispatch_livejob AS j JOIN dags_dag AS d ON d.id = j.dag_id WHERE d.name = '{name}' AND j.name = 'blocks'"
_ACTIVE = "SELECT v.number FROM dags_dag AS d JOIN dags_dagversion AS v ON v.id = d.active_id WHERE d.name = '{name}'"


class Beside:
    """`document` of a name and a seed: what it publishes begins with its name."""

    def __init__(self, scene: Scene, name: str, document: Callable[[str, int], str]) -> None:
        self.scene, self.name, self.document = scene, name, document
        self.versions: dict[int, str] = {}

    @property
    def dataset(self) -> str:
        return f"{self.name}_blocks"

    def activate(self, seed: int) -> None:
        hands = self.scene.load.hands
        if seed not in self.versions:
            self.versions[seed] = hands.send(self.name, self.document(self.name, seed))
        hands.activate(self.name, self.versions[seed])

    def run(self, first: int, last: int) -> None:
        armed = _ARMED.format(name=self.name)
        wait_until(lambda: self.scene.state.number(armed) > 0, what=f"{self.name} was not armed")
        self.scene.load.hands.start(f"{self.name}-{first}-{len(self.versions)}", first, last, dag=self.name)

    def wait_for_rows(self, rows: int) -> None:
        held = _HELD.format(name=self.name)
        wait_until(
            lambda: self.scene.answered(lambda: self.scene.state.number(held) == rows), seconds=240,
            what=f"{self.dataset} did not come to {rows:,} rows",
        )  # fmt: skip

    def wait_for_version(self, number: int) -> None:
        active = _ACTIVE.format(name=self.name)
        wait_until(
            lambda: self.scene.answered(lambda: self.scene.state.number(active) == number), seconds=300,
            what=f"version {number} of {self.name} did not take over",
        )  # fmt: skip

    def content(self, *, below: int) -> str:
        seen = look(self.scene.stack, self.dataset, below=below)
        assert len(seen.versions) == 1
        return seen.content
