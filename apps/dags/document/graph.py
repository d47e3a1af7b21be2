"""A document as a picture: also of one with problems, as far as it goes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from apps.dags.document import tree
from apps.dags.document.facts import Facts, Producer
from apps.dags.document.meaning import Edge, Meaning
from apps.dags.document.problems import Path, Problem, pointer
from apps.dags.document.validating import Checked


@dataclass(frozen=True)
class Vertex:
    """`line` and `end_line` are where it stands in the text; 0 for what stands elsewhere."""

    id: str
    kind: str
    name: str
    operator: str = ""
    activation: str = ""
    runtime: str = ""
    line: int = 0
    end_line: int = 0
    group: str | None = None
    problems: int = 0


@dataclass(frozen=True)
class Arrow:
    source: str
    target: str
    label: str = ""
    filtered: bool = False


@dataclass(frozen=True)
class Graph:
    vertices: list[Vertex] = field(default_factory=list)
    arrows: list[Arrow] = field(default_factory=list)


def graph_of(checked: Checked) -> Graph | None:
    """None where the text cannot be read."""
    if checked.facts is None or checked.root is None:
        return None
    facts, root = checked.facts, checked.root
    counts = _counts(checked.problems)
    vertices = {vertex.id: vertex for vertex in _vertices(facts, root, counts)}
    arrows = [arrow for arrow in _arrows(facts) if arrow.target in vertices]
    for arrow in arrows:
        if arrow.source not in vertices:
            kind, _, name = arrow.source.partition(":")
            vertices[arrow.source] = Vertex(arrow.source, "external" if kind == "external" else "missing", name)
    return Graph(list(vertices.values()), list(dict.fromkeys(arrows)))


def graph_of_meaning(meaning: Meaning) -> Graph:
    """Of a version that was deployed: without places, and without problems."""
    vertices = [
        Vertex(f"job:{job.name}", "job", job.name, job.operator, job.activation, job.runtime, group=job.spec.get("entrypoint"))
        for job in meaning.jobs.values()
    ]
    vertices += [Vertex(f"dataset:{name}", "dataset", name) for name in meaning.publish]
    edges = [(edge, job.name) for job in meaning.jobs.values() for edge in job.edges]
    elsewhere = dict.fromkeys(edge.dataset for edge, _ in edges if edge.dataset and edge.dataset not in meaning.publish)
    vertices += [Vertex(f"external:{name}", "external", name) for name in elsewhere]
    arrows = [_stored(edge, reader, meaning) for edge, reader in edges]
    arrows += [
        Arrow(f"job:{source['job']}", f"dataset:{name}", str(source["output"]))
        for name, spec in meaning.publish.items()
        for source in ([spec["union"]["cold"], spec["union"]["hot"]] if "union" in spec else [spec["from"]])
    ]
    return Graph(vertices, list(dict.fromkeys(arrows)))


def _stored(edge: Edge, reader: str, meaning: Meaning) -> Arrow:
    inputs = meaning.jobs[reader].spec.get("inputs", [])
    filtered = edge.number < len(inputs) and bool(inputs[edge.number].get("where"))
    if edge.dataset:
        kind = "dataset" if edge.dataset in meaning.publish else "external"
        return Arrow(f"{kind}:{edge.dataset}", f"job:{reader}", "", filtered)
    return Arrow(f"job:{edge.job}", f"job:{reader}", str(edge.output), filtered)


def _vertices(facts: Facts, root: tree.Node, counts: Counter[str]) -> Iterator[Vertex]:
    for producer in facts.producers.values():
        yield _job(facts, root, producer, counts)
    for name in facts.parsed.publish:
        at = ("publish", name)
        line, end = _lines(root, at)
        yield Vertex(f"dataset:{name}", "dataset", name, line=line, end_line=end, problems=counts[pointer(at)])


def _job(facts: Facts, root: tree.Node, producer: Producer, counts: Counter[str]) -> Vertex:
    line, end = _lines(root, producer.at)
    raw = _raw(facts, producer)
    said = {key: value for key in ("operator", "activation", "runtime") if isinstance(value := raw.get(key), str)}
    group = None
    if producer.at[0] == "entrypoints":
        group = next((name for place, name in facts.parsed.named("entrypoints") if place == producer.at[1]), None)
        said = {"operator": producer.operator or "", "activation": "source", "runtime": "ecs_platform"}
    return Vertex(
        f"job:{producer.name}",
        "job",
        producer.name,
        **said,
        line=line,
        end_line=end,
        group=group,
        problems=counts[pointer(producer.at)],
    )


def _raw(facts: Facts, producer: Producer) -> dict[str, Any]:
    found: Any = facts.parsed.raw
    for part in producer.at:
        found = found[part]
    return found if isinstance(found, dict) else {}


def _arrows(facts: Facts) -> Iterator[Arrow]:
    """From what is right in shape: a job that is not has its place and no arrows."""
    for _, job in facts.jobs():
        for one in job.inputs or []:
            filtered, target = bool(one.where), f"job:{job.name}"
            if one.from_.job:
                yield Arrow(f"job:{one.from_.job}", target, str(one.from_.output or 0), filtered)
            elif one.from_.dataset:
                yield Arrow(_dataset(facts, one.from_.dataset), target, "", filtered)
        yield from (Arrow(_dataset(facts, name), f"job:{job.name}") for name in facts.read_by_name(job))
    for name in facts.parsed.publish:
        for source in facts.sources_of(name):
            yield Arrow(f"job:{source.job}", f"dataset:{name}", str(source.output))


def _dataset(facts: Facts, name: str) -> str:
    return f"{'dataset' if name in facts.parsed.publish else 'external'}:{name}"


def _counts(problems: Iterable[Problem]) -> Counter[str]:
    """Problems of each job, stream and published dataset, by the pointer of its place."""
    counts: Counter[str] = Counter()
    for problem in problems:
        parts = problem.path.split("/")[1:]
        depth = 4 if parts[:1] == ["entrypoints"] else 2
        if len(parts) >= depth:
            counts["/" + "/".join(parts[:depth])] += 1
    return counts


def _lines(root: tree.Node, at: Path) -> tuple[int, int]:
    node = tree.find(root, at)
    start = tree.place(root, at, key=True)
    return (start.line, max(start.line, node.end.line)) if node else (0, 0)
