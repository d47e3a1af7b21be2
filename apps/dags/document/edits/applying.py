"""One edit of the graph → changes of the text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Discriminator, Field, TypeAdapter

from apps.dags.document import tree
from apps.dags.document.edits import inputs, jobs
from apps.dags.document.edits.changes import TextChange, applied
from apps.dags.document.edits.snippets import job_lines
from apps.dags.document.reading import read
from apps.dags.document.shape import Part
from apps.platform.errors import Invalid
from operators.sdk.declaration import Declaration


class AddJob(Part):
    kind: Literal["add_job"]
    operator: str
    after: str | None = None


class Connect(Part):
    """`from` is a job, or a dataset where `dataset` is true."""

    kind: Literal["connect", "disconnect"]
    from_: str = Field(alias="from")
    to: str
    output: int = Field(0, ge=0)
    dataset: bool = False


class RenameJob(Part):
    kind: Literal["rename_job"]
    job: str
    name: str


class DeleteJob(Part):
    kind: Literal["delete_job"]
    job: str


Edit = Annotated[AddJob | Connect | RenameJob | DeleteJob, Discriminator("kind")]
EDIT: TypeAdapter[Edit] = TypeAdapter(Edit)


@dataclass(frozen=True)
class Patch:
    """`caret` is a place in the new text. Offsets count characters."""

    changes: list[TextChange]
    caret: int
    text: str


def edited(given: str, edit: Edit, operators: Mapping[str, Declaration]) -> Patch:
    reading = read(given)
    root = reading.root or (tree.Mapping(_START, _START) if not reading.text.strip() else None)
    if root is None:
        raise Invalid("The text cannot be read: put right what the Problems say first.", code="unreadable")
    changes = _changes(reading.text, root, edit, operators)
    text = applied(reading.text, changes)
    first = min((change.start for change in changes), default=0)
    inserted = changes[0].insert if len(changes) == 1 else ""
    return Patch(changes, first + len(inserted) - len(inserted.lstrip("\n ")), text)


_START = read("x: y").root.start  # type: ignore[union-attr]


def _changes(text: str, root: tree.Node, edit: Edit, operators: Mapping[str, Declaration]) -> list[TextChange]:
    if isinstance(edit, AddJob):
        if edit.operator not in operators:
            raise Invalid(f"There is no operator `{edit.operator[:60]}`.", code="unknown_operator")
        taken = {tree.text_at(job, "name") for _, job in tree.jobs_of(root)}
        return [jobs.add(text, root, job_lines(operators[edit.operator], taken=taken, reads=edit.after), after=edit.after)]
    if isinstance(edit, DeleteJob):
        return [jobs.delete(text, root, edit.job)]
    if isinstance(edit, RenameJob):
        return list(jobs.rename(root, edit.job, edit.name))
    there = inputs.connected(root, edit.to, name=edit.from_, output=edit.output, dataset=edit.dataset)
    if edit.kind == "disconnect":
        return [inputs.disconnect(text, root, edit.to, there)]
    inputs.refuse_twice(there, edit.to)
    return [inputs.connect(text, root, edit.to, inputs.source(edit.from_, edit.output, dataset=edit.dataset))]
