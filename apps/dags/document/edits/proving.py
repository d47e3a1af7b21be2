"""An edit is done only if the new text means what was asked. Anchors and odd styles can make a change reach further: then it is refused."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from apps.dags.document import tree
from apps.dags.document.edits.asked import AddJob, Connect, DeleteJob, Edit, RenameJob
from apps.dags.document.reading import Reading, read
from apps.platform.errors import Invalid

Plain = dict[str, Any]


def require_meant(before: Reading, after: str, edit: Edit) -> None:
    reading = read(after)
    if reading.root is None or len(reading.problems) > len(before.problems) or not _is_meant(before, reading, edit):
        raise Invalid(
            "This document is written in a way that only its author can change here: do it in the text.", code="by_hand"
        )


def _is_meant(before: Reading, after: Reading, edit: Edit) -> bool:
    old, new = _plain(before), _plain(after)
    if isinstance(edit, AddJob):
        return _takes_one_out(_jobs(new), edit) and _same(old, new)
    if isinstance(edit, RenameJob):
        _rename(old, edit)
    elif isinstance(edit, DeleteJob):
        old["jobs"].remove(_called(old, edit.job))
    else:
        _connect(_called(old, edit.to), edit)
    return _same(old, new)


def _plain(reading: Reading) -> Plain:
    found = tree.plain(reading.root) if reading.root else {}
    return deepcopy(found) if isinstance(found, dict) else {"": found}


def _same(old: Plain, new: Plain) -> bool:
    return _without_empty(old) == _without_empty(new)


def _without_empty(document: Plain) -> Plain:
    """An empty list, nothing behind the colon and no key at all are one."""
    jobs = [
        {key: value for key, value in job.items() if key != "inputs" or value} if isinstance(job, dict) else job
        for job in _jobs(document)
    ]
    return {key: value for key, value in document.items() if key != "jobs"} | {"jobs": jobs}


def _jobs(document: Plain) -> list[Any]:
    found = document.get("jobs")
    return found if isinstance(found, list) else []


def _called(document: Plain, name: str) -> Plain:
    return next(job for job in _jobs(document) if isinstance(job, dict) and job.get("name") == name)


def _takes_one_out(jobs: list[Any], edit: AddJob) -> bool:
    """Of the new document the job that was added."""
    names = [job.get("name") if isinstance(job, dict) else None for job in jobs]
    place = names.index(edit.after) + 1 if edit.after else len(jobs) - 1
    if not jobs or place >= len(jobs):
        return False
    added = jobs.pop(place)
    return isinstance(added, dict) and added.get("operator") == edit.operator


def _rename(document: Plain, edit: RenameJob) -> None:
    _called(document, edit.job)["name"] = edit.name
    for source in _sources(document):
        if isinstance(source, dict) and source.get("job") == edit.job:
            source["job"] = edit.name


def _sources(document: Plain) -> Iterator[Any]:
    for job in _jobs(document):
        inputs = job.get("inputs") if isinstance(job, dict) else None
        yield from (one.get("from") for one in inputs or [] if isinstance(inputs, list) and isinstance(one, dict))
    published = document.get("publish")
    for one in published.values() if isinstance(published, dict) else []:
        if isinstance(one, dict):
            yield one.get("from")
            union = one.get("union")
            yield from (union.get(half) for half in ("cold", "hot") if isinstance(union, dict))


def _connect(job: Plain, edit: Connect) -> None:
    inputs = list(job.get("inputs") or [])
    if edit.kind == "connect":
        source = {"dataset": edit.from_} if edit.dataset else {"job": edit.from_, "output": edit.output}
        inputs.append({"from": source})
    else:
        inputs.remove(next(one for one in inputs if isinstance(one, dict) and edit.reads(one.get("from"))))
    job["inputs"] = inputs
