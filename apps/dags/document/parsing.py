"""Plain values → the typed parts of a document: those that are right, even where others are not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from apps.dags.document.codes import Code
from apps.dags.document.explaining import complaints
from apps.dags.document.problems import MOST_PROBLEMS, Complaint, Path, shown
from apps.dags.document.shape import (
    MOST_ENTRYPOINTS,
    MOST_JOBS,
    MOST_OUTPUTS,
    Document,
    Entrypoint,
    Job,
    Publish,
    Tuning,
    is_dataset_name,
)

M = TypeVar("M", bound=BaseModel)
_MOST = {"jobs": MOST_JOBS, "entrypoints": MOST_ENTRYPOINTS}


@dataclass
class Parsed:
    """By place or name; `None` where the part is wrong in itself. `head` has everything but jobs, publish and entrypoints."""

    head: Document | None = None
    jobs: list[Job | None] = field(default_factory=list)
    entrypoints: list[Entrypoint | None] = field(default_factory=list)
    publish: dict[str, Publish | None] = field(default_factory=dict)
    raw: dict[str, Any] = field(default_factory=dict)
    # Of the jobs by place: keys that are wrong in themselves. The rules look at the rest, and nothing they say of these is told.
    wrong_keys: dict[int, frozenset[str]] = field(default_factory=dict)
    complaints: list[Complaint] = field(default_factory=list)

    @property
    def defaults(self) -> Tuning:
        return (self.head and self.head.defaults) or Tuning()

    def named(self, what: str) -> Iterator[tuple[int, str]]:
        """Place and name of everything in a list that has a name, right or wrong otherwise."""
        for place, one in enumerate(_list(self.raw, what)):
            if isinstance(one, dict) and isinstance(one.get("name"), str):
                yield place, one["name"]


def parse(value: object) -> Parsed:
    parsed = Parsed()
    if not isinstance(value, dict):
        parsed.complaints.append(
            Complaint(Code.WRONG_TYPE, "A DAG is a mapping.", (), "It starts with `name:`, and `jobs:` on a line of its own.")
        )
        return parsed
    parsed.raw = value
    # Its lists and the published datasets one by one: a fault in one of them must not hide the others.
    head: Any = {key: [] if key == "jobs" else None if key in {"publish", "entrypoints"} else one for key, one in value.items()}
    parsed.head = _part(Document, head, (), parsed.complaints)
    found: list[Complaint] = []
    parsed.jobs = [_job(parsed, place, one, found) for place, one in enumerate(_list(value, "jobs"))]
    parsed.complaints += found
    found = []
    parsed.entrypoints = list(_parts(Entrypoint, "entrypoints", _list(value, "entrypoints"), found))
    parsed.complaints += found
    for name in _MOST:
        _check_list(value, name, parsed.complaints)
    found = []
    parsed.publish = _published(value.get("publish"), found)
    parsed.complaints += found
    return parsed


def _parts(model: type[M], name: str, ones: list[Any], found: list[Complaint]) -> Iterator[M | None]:
    for place, one in enumerate(ones):
        yield _part(model, one, (name, place), found) if place < _MOST[name] else None


def _job(parsed: Parsed, place: int, value: object, found: list[Complaint]) -> Job | None:
    if place >= MOST_JOBS:
        return None
    told = len(found)
    job = _part(Job, value, ("jobs", place), found)
    if job is None and isinstance(value, dict):
        wrong = frozenset(str(one.at[2]) for one in found[told:] if len(one.at) > 2)
        job = _salvaged(value, wrong)
        parsed.wrong_keys[place] = wrong
    return job


def _salvaged(value: dict[str, Any], wrong: frozenset[str]) -> Job | None:
    """What is right of a job: one slip must not hide the others. Without a name or an operator there is nothing to look at."""
    guessed = {"activation": "source" if "source" in value else "reactive", "runtime": "ecs_platform", "outputs": MOST_OUTPUTS}
    try:
        return Job.model_validate(guessed | {key: one for key, one in value.items() if key not in wrong})
    except ValidationError:
        return None


def _published(value: object, found: list[Complaint]) -> dict[str, Publish | None]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        found.append(
            Complaint(
                Code.WRONG_TYPE,
                "`publish` is a mapping of dataset names.",
                ("publish",),
                "Write `my_dataset: { from: … }` below it.",
            )
        )
        return {}
    for name in value:
        if not is_dataset_name(name):
            wrong, hint = (
                f"`{shown(name)}` is no name of a dataset.",
                "Lower-case letters, digits and `_`, a letter first, at most 128.",
            )
            found.append(Complaint(Code.BAD_NAME, wrong, ("publish", name), hint, key=True))
    return {name: _part(Publish, one, ("publish", name), found) for name, one in value.items()}


def _part(model: type[M], value: object, at: Path, found: list[Complaint]) -> M | None:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        # Parts stand in the order of the text: what is wrong with those after the first so many would not be shown.
        if len(found) < MOST_PROBLEMS:
            found += complaints(error, model, value, at)
        return None


def _check_list(value: dict[str, Any], name: str, found: list[Complaint]) -> None:
    given = value.get(name)
    most = _MOST[name]
    if given is not None and not isinstance(given, list):
        found.append(Complaint(Code.WRONG_TYPE, f"`{name}` is a list.", (name,), "Every entry starts with `- name:`."))
    elif given is not None and len(given) > most:
        found.append(
            Complaint(Code.OUT_OF_RANGE, f"There are {len(given):,} {name}.", (name,), f"At most {most:,}; split the DAG.")
        )


def _list(value: dict[str, Any], name: str) -> list[Any]:
    found = value.get(name)
    return found if isinstance(found, list) else []
