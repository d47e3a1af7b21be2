"""One edit of the graph → changes of the text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from apps.dags.document import tree
from apps.dags.document.codes import Code
from apps.dags.document.composing import PlainMark
from apps.dags.document.edits import inputs, jobs
from apps.dags.document.edits.asked import AddJob, DeleteJob, Edit, RenameJob
from apps.dags.document.edits.changes import TextChange, applied
from apps.dags.document.edits.proving import require_meant
from apps.dags.document.edits.snippets import job_lines
from apps.dags.document.reading import Reading, read
from apps.platform.errors import Invalid
from operators.sdk.declaration import Declaration


@dataclass(frozen=True)
class Patch:
    """`caret` is a place in the new text. Offsets count characters."""

    changes: list[TextChange]
    caret: int
    text: str


def edited(given: str, edit: Edit, operators: Mapping[str, Declaration]) -> Patch:
    reading = read(given)
    root = _root(reading)
    changes = _changes(reading.text, root, edit, operators)
    text = applied(reading.text, changes)
    require_meant(reading, text, edit)
    first = min((change.start for change in changes), default=0)
    inserted = changes[0].insert if len(changes) == 1 else ""
    return Patch(changes, first + len(inserted) - len(inserted.lstrip("\n ")), text)


def _root(reading: Reading) -> tree.Node:
    if reading.root is not None:
        return reading.root
    if [problem.code for problem in reading.problems] == [Code.EMPTY_DOCUMENT]:
        nowhere = PlainMark(0, 0, 0)
        return tree.Mapping(nowhere, nowhere)
    raise Invalid("The text cannot be read: put right what the Problems say first.", code="unreadable")


def _changes(text: str, root: tree.Node, edit: Edit, operators: Mapping[str, Declaration]) -> list[TextChange]:
    if isinstance(edit, AddJob):
        if edit.operator not in operators:
            raise Invalid(f"There is no operator `{edit.operator[:60]}`.", code="unknown_operator")
        if edit.after is not None:
            jobs.job_called(root, edit.after)
        taken = {tree.text_at(job, "name") for _, job in tree.jobs_of(root)}
        return [
            jobs.add(text, root, job_lines(operators[edit.operator], taken=taken, reads=inputs.read_by(edit)), after=edit.after)
        ]
    if isinstance(edit, DeleteJob):
        return [jobs.delete(text, root, edit.job)]
    if isinstance(edit, RenameJob):
        return jobs.rename(text, root, edit.job, edit.name)
    there = inputs.connected(root, edit)
    if edit.kind == "disconnect":
        return [inputs.disconnect(text, root, edit.to, there)]
    inputs.refuse_twice(there, edit.to)
    return [inputs.connect(text, root, edit.to, inputs.source(edit))]
