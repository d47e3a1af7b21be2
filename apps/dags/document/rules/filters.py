"""`where` asks for fields that are there, with values of their types."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from apps.dags.document.codes import Code
from apps.dags.document.facts import Facts
from apps.dags.document.problems import Complaint, did_you_mean, listed, shown
from apps.dags.document.shape import From, JobOutput
from operators.sdk.words import FieldType

_WORDS = {
    FieldType.TEXT: "text", FieldType.INTEGER: "a whole number", FieldType.BOOLEAN: "`true` or `false`",
    FieldType.UINT256: "a whole number, or its decimal digits in quotes",
}  # fmt: skip


def a_filter_asks_for_what_is_there(facts: Facts) -> Iterator[Complaint]:
    for at, job in facts.jobs():
        for number, one in enumerate(job.inputs or []):
            fields = _fields(facts, one.from_)
            if not one.where or fields is None:
                continue
            for key, value in one.where.items():
                where = (*at, "inputs", number, "where", key)
                if key not in fields:
                    otherwise = f"It can be filtered by {listed(fields)}." if fields else "It cannot be filtered."
                    hint = did_you_mean(key, fields, otherwise=otherwise)
                    yield Complaint(
                        Code.WHERE_NOT_ALLOWED, f"`{shown(key)}` is nothing to filter this input by.", where, hint, key=True
                    )
                    continue
                for each in value if isinstance(value, list) else [value]:
                    if not _fits(each, fields[key]):
                        message = f"`{key}` is {_WORDS[fields[key]]}; this is `{shown(each)}`."
                        hint = "Write a value of that type, or a list of them: one of them is then enough."
                        yield Complaint(Code.WHERE_WRONG_TYPE, message, where, hint)


def _fields(facts: Facts, source: From) -> Mapping[str, FieldType] | None:
    """None where another rule has said already what is wrong with the source."""
    if source.job:
        return facts.fields(JobOutput(job=source.job, output=source.output or 0))
    return facts.fields_of_dataset(source.dataset) if source.dataset else None


def _fits(value: object, wanted: FieldType) -> bool:
    if wanted is FieldType.BOOLEAN:
        return isinstance(value, bool)
    if wanted is FieldType.TEXT:
        return isinstance(value, str)
    if isinstance(value, bool):
        return False
    if wanted is FieldType.INTEGER:
        return isinstance(value, int) and -(2**63) <= value < 2**63
    whole = int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 78 else value
    return isinstance(whole, int) and 0 <= whole < 2**256
