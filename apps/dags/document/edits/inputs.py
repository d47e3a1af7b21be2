"""Inputs of a job: one more, one less."""

from __future__ import annotations

from pydantic import TypeAdapter, ValidationError

from apps.dags.document import tree
from apps.dags.document.edits.asked import AddJob, Connect
from apps.dags.document.edits.changes import TextChange, after_node, dash_column, key_column, line_start, own, written
from apps.dags.document.edits.jobs import job_called, require_name, without_item
from apps.dags.document.shape import DatasetName
from apps.platform.errors import Conflict, Invalid, NotFound

_DATASET = TypeAdapter(DatasetName)


def read_by(edit: AddJob) -> str | None:
    """What a new job reads, as it is written behind `from`."""
    if edit.dataset is not None:
        require_dataset_name(edit.dataset)
        return f"{{ dataset: {written(edit.dataset)} }}"
    return f"{{ job: {written(edit.after)}, output: 0 }}" if edit.after is not None else None


def source(edit: Connect) -> str:
    if edit.dataset:
        require_dataset_name(edit.from_)
        return f"{{ dataset: {written(edit.from_)} }}"
    require_name(edit.from_)
    return f"{{ job: {written(edit.from_)}, output: {edit.output} }}"


def require_dataset_name(name: str) -> None:
    try:
        _DATASET.validate_python(name)
    except ValidationError:
        raise Invalid(
            "A dataset's name is lower-case letters, digits and `_`, a letter first, at most 128.", code="bad_name"
        ) from None


def connect(text: str, root: tree.Node, to: str, source: str) -> TextChange:
    job = job_called(root, to)
    entry = job.entries.get("inputs")
    if entry is None or (isinstance(entry.value, tree.Scalar) and entry.value.value is None):
        return _first(text, job, entry, source)
    inputs = own(entry, "`inputs`")
    if not isinstance(inputs, tree.Sequence):
        raise Invalid("`inputs` is no list: put it right in the text.", code="not_a_list")
    if inputs.flow:
        if not inputs.items:
            return TextChange(inputs.start.offset, inputs.end.offset, f"[{{ from: {source} }}]")
        at = inputs.items[-1].end.offset
        return TextChange(at, at, f", {{ from: {source} }}")
    at, indent = after_node(text, inputs), dash_column(text, inputs.items[0])
    before = "" if text[at - 1 : at] == "\n" else "\n"
    return TextChange(at, at, f"{before}{' ' * indent}- from: {source}\n")


def _first(text: str, job: tree.Mapping, empty: tree.Entry | None, source: str) -> TextChange:
    """`inputs` behind `outputs`, or at the end of the job."""
    if job.flow:
        raise Invalid("This job is written in one line of braces: connect it in the text.", code="flow_style")
    indent = key_column(job)
    item = f"{' ' * (indent + 2)}- from: {source}\n"
    if empty and empty.value.start.offset < empty.value.end.offset:
        return TextChange(empty.value.start.offset, empty.value.end.offset, f"[{{ from: {source} }}]")
    if empty:
        at = after_node(text, empty.key)
        return TextChange(at, at, item)
    neighbour = job.entries["outputs"].value if "outputs" in job.entries and not job.entries["outputs"].merged else job
    at = after_node(text, neighbour)
    before = "" if text[at - 1 : at] == "\n" else "\n"
    return TextChange(at, at, f"{before}{' ' * indent}inputs:\n{item}")


def connected(root: tree.Node, edit: Connect) -> tree.Node | None:
    """The input that reads it already."""
    inputs = tree.child(job_called(root, edit.to), "inputs")
    for one in inputs.items if isinstance(inputs, tree.Sequence) else []:
        found = tree.child(one, "from")
        if found and edit.reads(tree.plain(found)):
            return one
    return None


def disconnect(text: str, root: tree.Node, to: str, item: tree.Node | None) -> TextChange:
    if item is None:
        raise NotFound("There is no such input.", code="unknown_input")
    job = job_called(root, to)
    entry = job.entries["inputs"]
    inputs = own(entry, "`inputs`")
    if isinstance(inputs, tree.Sequence) and len(inputs.items) == 1 and not inputs.flow:
        start, end = line_start(text, entry.key.start.offset), after_node(text, inputs)
        if text[start : entry.key.start.offset].strip(" "):
            # It is the first key of its job, behind the dash.
            return TextChange(entry.key.start.offset, end, "inputs: []\n")
        return TextChange(start, end, "")
    return without_item(text, inputs, item, key="inputs")


def refuse_twice(item: tree.Node | None, to: str) -> None:
    if item:
        raise Conflict(f"`{to}` reads this already.", code="duplicate_input")
