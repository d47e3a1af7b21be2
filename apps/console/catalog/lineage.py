"""One hop each way: what a dataset is made from, and which active jobs read it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from apps.dags.models import Dag, Edge, Job
from apps.datasets.models import Dataset, Producer
from apps.orgs.models import Org

# As one page shows them; a dataset that more jobs read says so.
MOST_READERS = 200


@dataclass(frozen=True)
class Source:
    """A job that makes the dataset, with what it reads itself: names of datasets, and of jobs of its DAG."""

    dag: str
    job: str
    operator: str
    datasets: list[str]
    jobs: list[str]


@dataclass(frozen=True)
class Reader:
    """A job that reads the dataset, and the datasets that it makes in turn."""

    dag: str
    job: str
    operator: str
    by_name: bool
    makes: list[str]


@dataclass(frozen=True)
class Lineage:
    """`hidden` jobs are of DAGs that the asker does not see. `own`: names of datasets that the org's catalog has."""

    sources: list[Source]
    hidden_sources: int
    readers: list[Reader]
    hidden_readers: int
    is_cut: bool
    own: frozenset[str]


def lineage_of(org: Org, dataset: Dataset, dags: QuerySet[Dag]) -> Lineage:
    producers = list(Producer.objects.filter(dataset=dataset).order_by("dag"))
    made = [(one.dag, job, output) for one in producers for job, output in one.outputs]
    read = _reading(org, dataset, made)
    known = set(dags.filter(name__in={dag for dag, _, _ in made} | {dag for dag, _ in read}).values_list("name", flat=True))
    sources = _sources(org, [(dag, job) for dag, job, _ in made if dag in known])
    readers = [edge for (dag, _), edge in read.items() if dag in known]
    named = {name for source in sources for name in source.datasets}
    return Lineage(
        sources, sum(dag not in known for dag, _, _ in made),
        _readers(org, readers[:MOST_READERS]), len(read) - len(readers), len(readers) > MOST_READERS,
        frozenset(Dataset.objects.of(org).filter(name__in=named).values_list("name", flat=True)),
    )  # fmt: skip


def _active(org: Org) -> QuerySet[Dag]:
    return Dag.objects.of(org).filter(active__isnull=False)


def _reading(org: Org, dataset: Dataset, made: Iterable[tuple[str, str, int]]) -> dict[tuple[str, str], Edge]:
    """By DAG and job. Jobs of the producing DAG may name the job instead."""
    # Uses index dag_edge_dataset, and that of the source: each for itself, since one statement for both would read every edge.
    reads = [Q(dataset=dataset.name)]
    reads += [Q(source__name=job, output=output, source__version__dag__name=dag) for dag, job, output in made]
    found: dict[tuple[str, str], Edge] = {}
    for read in reads:
        edges = Edge.objects.filter(read, job__version__in=_active(org).values("active")).select_related("job__version__dag")
        for edge in edges.defer("job__version__yaml"):
            found.setdefault((edge.job.version.dag.name, edge.job.name), edge)
    return dict(sorted(found.items()))


def _sources(org: Org, made: list[tuple[str, str]]) -> list[Source]:
    rows = Job.objects.filter(version__in=_active(org).values("active"), version__dag__name__in={dag for dag, _ in made})
    jobs = rows.filter(name__in={job for _, job in made}).select_related("version__dag").prefetch_related("edges__source")
    return [_source(job) for job in jobs.order_by("version__dag__name", "position") if (job.version.dag.name, job.name) in made]


def _source(job: Job) -> Source:
    edges = list(job.edges.all())
    datasets = sorted({edge.dataset for edge in edges if edge.dataset})
    jobs = sorted({edge.source.name for edge in edges if edge.source and not edge.dataset})
    return Source(job.version.dag.name, job.name, job.operator, datasets, jobs)


def _readers(org: Org, edges: list[Edge]) -> list[Reader]:
    makes: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    dags = {edge.job.version.dag.name for edge in edges}
    for one in Producer.objects.filter(dataset__org=org, dag__in=dags).select_related("dataset").order_by("dataset__name"):
        for job, _ in one.outputs:
            makes[one.dag, job].append(one.dataset.name)
    return [
        Reader(dag, edge.job.name, edge.job.operator, bool(edge.dataset), makes[dag, edge.job.name])
        for edge in edges
        for dag in [edge.job.version.dag.name]
    ]
