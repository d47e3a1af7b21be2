"""What must be there, and there once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from apps.dags.document.codes import Code
from apps.dags.document.facts import Facts
from apps.dags.document.problems import Complaint, Path, shown
from apps.dags.document.shape import DAG_NAME_IN_WORDS, RESERVED_DAG_NAMES, is_dag_name

LONGEST_JOB_NAME = 63


def the_name_is_the_one_asked_for(facts: Facts) -> Iterator[Complaint]:
    name = facts.parsed.raw.get("name")
    if not isinstance(name, str):
        return
    if name in RESERVED_DAG_NAMES:
        hint = _one_of_the_two(name, facts.known.dag) if facts.known.dag else f"Choose another: {DAG_NAME_IN_WORDS}."
        yield Complaint(
            Code.RESERVED_NAME, f"No DAG can be called `{name}`: `/v1/dags/{name}` is an address of the API.", ("name",), hint
        )
    elif facts.known.dag and name != facts.known.dag:
        message = f"This document is called `{name[:63]}`, and is sent as a version of `{shown(facts.known.dag)}`."
        yield Complaint(Code.NAME_MISMATCH, message, ("name",), _one_of_the_two(name, facts.known.dag))


def _one_of_the_two(name: str, asked: str) -> str:
    """What was asked for may come from a file or an address: a name that no DAG can have is nothing to write."""
    if is_dag_name(asked):
        return f"Write `name: {asked}`" + (", or deploy it under its own name." if is_dag_name(name) else ".")
    if is_dag_name(name):
        return f"Deploy it as `{name}`: no DAG can be called `{shown(asked)}`."
    return f"Choose a name for both: {DAG_NAME_IN_WORDS}."


def there_is_something_to_do(facts: Facts) -> Iterator[Complaint]:
    raw = facts.parsed.raw
    if not raw.get("jobs") and not raw.get("entrypoints") and isinstance(raw.get("jobs", []), list | None):
        yield Complaint(
            Code.NO_JOBS, "This DAG has no jobs.", ("jobs",), "Add one below `jobs:`, or an entrypoint below `entrypoints:`."
        )


def a_name_stands_for_one_job(facts: Facts) -> Iterator[Complaint]:
    """A stream of chain_sync is a job, too."""
    first: dict[str, Path] = {}
    for place, name in facts.parsed.named("jobs"):
        if name in first:
            message = f"There is a job `{name[:63]}` already: the {_ordinal(first[name])} of the list."
            yield Complaint(Code.DUPLICATE_JOB, message, ("jobs", place, "name"), "Names are unique in a DAG.")
        first.setdefault(name, ("jobs", place))
    for stream in facts.streams():
        if stream.name in first and first[stream.name][0] == "jobs":
            message = f"The job of this stream is called `{stream.name}`, and so is a job of the DAG."
            yield Complaint(Code.DUPLICATE_JOB, message, (*stream.at, "dataset_key"), "Rename one of the two.")
        if len(stream.name) > LONGEST_JOB_NAME:
            message = f"The job of this stream is called `{shown(stream.name)}`, which is {len(stream.name)} characters long."
            hint = f"The name of a job has at most {LONGEST_JOB_NAME}: shorten `dataset_key`, or the entrypoint's name."
            yield Complaint(Code.BAD_NAME, message, (*stream.at, "dataset_key"), hint)


def an_entrypoint_and_its_streams_are_there_once(facts: Facts) -> Iterator[Complaint]:
    seen: set[str] = set()
    twice: set[int | str] = set()
    for place, name in facts.parsed.named("entrypoints"):
        if name in seen:
            yield Complaint(
                Code.DUPLICATE_ENTRYPOINT,
                f"There is an entrypoint `{name[:63]}` already.",
                ("entrypoints", place, "name"),
                "Give one of them another name, or put the streams of both below one.",
            )
            twice.add(place)
        seen.add(name)
    streams: dict[str, list[Path]] = defaultdict(list)
    for stream in facts.streams():
        if stream.at[1] not in twice:
            streams[stream.name].append(stream.at)
    for name, places in streams.items():
        for at in places[1:]:
            message = f"Two streams are the job `{name}`."
            yield Complaint(Code.DUPLICATE_STREAM, message, (*at, "dataset_key"), "Give one another `dataset_key`.")


def a_webhook_path_is_heard_once(facts: Facts) -> Iterator[Complaint]:
    seen: dict[str, str] = {}
    for at, job, path in facts.webhooks():
        if path in seen:
            message = f"`{path}` is the path of `{seen[path]}` already."
            yield Complaint(Code.DUPLICATE_PATH, message, at, "Give it another, or let both jobs read one webhook.")
        elif other := facts.known.webhooks.get(path):
            message = f"`{path}` is the path of a webhook of the DAG `{other}` already."
            yield Complaint(Code.DUPLICATE_PATH, message, at, "Paths are unique in an org: give it another.")
        seen.setdefault(path, job.name)


def _ordinal(path: Path) -> str:
    number = int(path[-1]) + 1
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th") if number % 100 not in {11, 12, 13} else "th"
    return f"{number}{ending}"
