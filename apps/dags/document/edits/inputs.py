"""Inputs of a job: one more, one less."""

from __future__ import annotations

from apps.dags.document import tree
from apps.dags.document.edits.changes import TextChange, after_node, dash_column, own
from apps.dags.document.edits.jobs import job_called, without_item
from apps.platform.errors import Conflict, Invalid, NotFound


def source(name: str, output: int, *, dataset: bool) -> str:
    return f"{{ dataset: {name} }}" if dataset else f"{{ job: {name}, output: {output} }}"


def connect(text: str, root: tree.Node, to: str, written: str) -> TextChange:
    job = job_called(root, to)
    entry = job.entries.get("inputs")
    if entry is None or (isinstance(entry.value, tree.Scalar) and entry.value.value is None):
        return _first(text, job, entry, written)
    inputs = own(entry, "`inputs`")
    if not isinstance(inputs, tree.Sequence):
        raise Invalid("`inputs` is no list: put it right in the text.", code="not_a_list")
    if inputs.flow:
        if not inputs.items:
            return TextChange(inputs.start.offset, inputs.end.offset, f"[{{ from: {written} }}]")
        at = inputs.items[-1].end.offset
        return TextChange(at, at, f", {{ from: {written} }}")
    at, indent = after_node(text, inputs.items[-1]), dash_column(text, inputs.items[0])
    before = "" if text[at - 1 : at] == "\n" else "\n"
    return TextChange(at, at, f"{before}{' ' * indent}- from: {written}\n")


def _first(text: str, job: tree.Mapping, empty: tree.Entry | None, written: str) -> TextChange:
    """`inputs` behind `outputs`, or at the end of the job."""
    if job.flow:
        raise Invalid("This job is written in one line of braces: connect it in the text.", code="flow_style")
    indent = job.start.column - 1
    item = f"{' ' * (indent + 2)}- from: {written}\n"
    if empty:
        at = after_node(text, empty.key)
        return TextChange(at, at, item)
    neighbour = job.entries["outputs"].value if "outputs" in job.entries and not job.entries["outputs"].merged else job
    at = after_node(text, neighbour)
    before = "" if text[at - 1 : at] == "\n" else "\n"
    return TextChange(at, at, f"{before}{' ' * indent}inputs:\n{item}")


def connected(root: tree.Node, to: str, *, name: str, output: int, dataset: bool) -> tree.Node | None:
    """The input that reads it already."""
    inputs = tree.child(job_called(root, to), "inputs")
    for one in inputs.items if isinstance(inputs, tree.Sequence) else []:
        found = tree.child(one, "from")
        said = tree.plain(found) if found else None
        if not isinstance(said, dict):
            continue
        if dataset and said.get("dataset") == name:
            return one
        if not dataset and said.get("job") == name and (said.get("output") or 0) == output:
            return one
    return None


def disconnect(text: str, root: tree.Node, to: str, item: tree.Node | None) -> TextChange:
    if item is None:
        raise NotFound("There is no such input.", code="unknown_input")
    job = job_called(root, to)
    entry = job.entries["inputs"]
    inputs = own(entry, "`inputs`")
    if isinstance(inputs, tree.Sequence) and len(inputs.items) == 1 and not inputs.flow:
        start = text.rfind("\n", 0, entry.key.start.offset) + 1
        return TextChange(start, after_node(text, inputs), "")
    return without_item(text, root, inputs, item, key="inputs")


def refuse_twice(item: tree.Node | None, to: str) -> None:
    if item:
        raise Conflict(f"`{to}` reads this already.", code="duplicate_input")
