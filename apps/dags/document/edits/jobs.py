"""Jobs: one more, one less, another name."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import TypeAdapter, ValidationError

from apps.dags.document import tree
from apps.dags.document.edits.changes import TextChange, after_node, dash_column, dash_offset, line_end, line_start, replaced
from apps.dags.document.edits.comments import comments_above, comments_below
from apps.dags.document.shape import JobName
from apps.platform.errors import Conflict, Invalid, NotFound

_NAME = TypeAdapter(JobName)


def job_called(root: tree.Node, name: str) -> tree.Mapping:
    found = next((job for _, job in tree.jobs_of(root) if tree.text_at(job, "name") == name), None)
    if found is None:
        raise NotFound(
            f"There is no job `{name[:63]}` below `jobs:`. A stream of an entrypoint is changed in the text.", code="unknown_job"
        )
    return found


def add(text: str, root: tree.Node, lines: list[str], *, after: str | None) -> TextChange:
    """`lines` are a job without indentation, the first with its dash."""
    jobs = root.entries.get("jobs") if isinstance(root, tree.Mapping) else None
    if jobs and isinstance(jobs.value, tree.Sequence) and jobs.value.items and not jobs.value.flow:
        items = jobs.value.items
        neighbour = job_called(root, after) if after else items[-1]
        indent = dash_column(text, items[0])
        at = comments_below(text, after_node(text, neighbour), column=indent)
        return TextChange(at, at, _before(text, at) + _indented(lines, indent))
    if jobs and isinstance(jobs.value, tree.Sequence) and jobs.value.items:
        raise Invalid("`jobs` is written in one line of brackets: add a job in the text.", code="flow_style")
    if jobs:  # empty: `jobs: []`, or nothing behind the colon
        behind = _behind_key(text, root, "jobs")
        end = jobs.value.end.offset if isinstance(jobs.value, tree.Sequence) else behind
        return TextChange(behind, end, "\n" + _indented(lines, 2).rstrip("\n"))
    at = len(text)
    return TextChange(at, at, _before(text, at) + "jobs:\n" + _indented(lines, 2))


def delete(text: str, root: tree.Node, name: str) -> TextChange:
    """With the comments that are about it. What reads it stays, and the validator names it."""
    jobs, job = tree.find(root, ("jobs",)), job_called(root, name)
    change = without_item(text, jobs, job, key="jobs")
    if not isinstance(jobs, tree.Sequence) or jobs.flow:
        return change
    place = jobs.items.index(job)
    above = after_node(text, jobs.items[place - 1]) if place else line_end(text, _behind_key(text, root, "jobs"))
    column = dash_column(text, job)
    return TextChange(
        comments_above(text, change.start, limit=above, column=column),
        comments_below(text, change.end, column=column),
        change.insert,
    )


def _behind_key(text: str, root: tree.Node, name: str) -> int:
    key = root.entries[name].key.end.offset if isinstance(root, tree.Mapping) else 0
    return key + text[key:].index(":") + 1


def without_item(text: str, items: tree.Node | None, item: tree.Node, *, key: str) -> TextChange:
    if not isinstance(items, tree.Sequence):
        raise NotFound(f"There is no list `{key}`.", code="unknown_item")
    place = items.items.index(item)
    if items.flow:
        if place + 1 < len(items.items):
            return TextChange(item.start.offset, items.items[place + 1].start.offset, "")
        start = items.items[place - 1].end.offset if place else item.start.offset
        return TextChange(start, item.end.offset, "")
    start, end = line_start(text, dash_offset(text, item)), after_node(text, item)
    if len(items.items) == 1:
        # A list without items is written as one: nothing behind the colon would be no list.
        return TextChange(start, end, " " * (dash_column(text, item) or 2) + "[]\n" if key == "jobs" else "")
    return TextChange(start, end, "")


def require_name(name: str) -> None:
    try:
        _NAME.validate_python(name)
    except ValidationError:
        raise Invalid(
            "A job's name is lower-case letters, digits and `_`, a letter first, at most 63.", code="bad_name"
        ) from None


def rename(text: str, root: tree.Node, old: str, new: str) -> list[TextChange]:
    """With everything that points at it; each place once, though an alias repeats it."""
    require_name(new)
    if there := next((job for _, job in tree.jobs_of(root) if tree.text_at(job, "name") == new), None):
        line = there.entries["name"].key.start.line
        raise Conflict(f"The job of line {line} is called `{new}` already: choose another name.", code="duplicate_job")
    job = job_called(root, old)
    places = [tree.child(job, "name"), *references(root, old)]
    changes = {scalar.start.offset: replaced(text, scalar, new) for scalar in places if isinstance(scalar, tree.Scalar)}
    return list(changes.values())


def references(root: tree.Node, name: str) -> Iterator[tree.Node]:
    """Every place that names the job as one that is read or published."""
    for mapping in _sources(root):
        found = tree.child(mapping, "job")
        if isinstance(found, tree.Scalar) and found.value == name:
            yield found


def _sources(root: tree.Node) -> Iterator[tree.Node]:
    for _, job in tree.jobs_of(root):
        inputs = tree.child(job, "inputs")
        for one in inputs.items if isinstance(inputs, tree.Sequence) else []:
            if source := tree.child(one, "from"):
                yield source
    published = tree.child(root, "publish")
    for entry in published.entries.values() if isinstance(published, tree.Mapping) else []:
        for path in (("from",), ("union", "cold"), ("union", "hot")):
            if source := tree.find(entry.value, path):
                yield source


def _indented(lines: list[str], spaces: int) -> str:
    return "".join(f"{' ' * spaces}{line}\n" if line else "\n" for line in lines)


def _before(text: str, at: int) -> str:
    """A line break where the text ends without one."""
    return "" if at == 0 or text[at - 1] == "\n" else "\n"
