"""Documents to Trace: checked all together, then deployed one by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from apps.cli.documents import BadByte, Document
from apps.cli.exits import Refused
from apps.cli.outcomes import Outcome, Problem, Result

if TYPE_CHECKING:
    from apps.cli.dagsapi import DagsApi

_NOT_SIGNED_IN = 401


def check_all(api: DagsApi, documents: Sequence[Document]) -> list[Outcome]:
    outcomes = [_check(api, document) for document in documents]
    _refuse_names_used_twice(outcomes)
    return outcomes


def deploy_all(api: DagsApi, outcomes: Sequence[Outcome], *, activate: bool, base: str | None = None) -> None:
    """None of them while one has problems: a directory that is half deployed is nobody's wish."""
    if any(outcome.problems for outcome in outcomes):
        return
    for outcome in outcomes:
        try:
            _deploy(api, outcome, activate=activate, base=base)
        except Refused as refused:
            _note_refusal(outcome, refused)


def _check(api: DagsApi, document: Document) -> Outcome:
    if document.bad_byte:
        return Outcome(document, Result.PROBLEMS, problems=[_not_utf8(document.bad_byte)])
    answer = api.validate(document.text)
    outcome = Outcome(document, Result.VALID, name=answer.get("name") or "")
    if not answer["valid"]:
        outcome.has_problems([Problem.of(told) for told in answer["errors"]])
    # A Trace that is older tells of none.
    outcome.warnings = [Problem.of(told) for told in answer.get("warnings", ())]
    outcome.not_built = list(answer.get("plan", {}).get("not_built", ()))
    return outcome


def _not_utf8(bad: BadByte) -> Problem:
    said = f"Byte {bad.number:,} of this file is 0x{bad.value:02x}, which is not UTF-8."
    return Problem(
        "not_utf8", said, bad.line, bad.column, "Save the file as UTF-8; if it is no document, give it another ending."
    )


def _refuse_names_used_twice(outcomes: Sequence[Outcome]) -> None:
    first: dict[str, Outcome] = {}
    for outcome in outcomes:
        other = first.setdefault(outcome.name, outcome) if outcome.name else outcome
        if other is not outcome:
            said = f"{other.document.path} is a document of `{outcome.name}` as well."
            outcome.has_problems(
                [*outcome.problems, Problem("name_used_twice", said, 1, 1, "A DAG has one document: rename or remove one.")]
            )


def _deploy(api: DagsApi, outcome: Outcome, *, activate: bool, base: str | None) -> None:
    version, is_new = api.deploy(outcome.name, outcome.document.text, base=base)
    outcome.result = Result.DEPLOYED if is_new else Result.UNCHANGED
    outcome.version, outcome.is_active = version["number"], version["state"] == "active"
    if not is_new:
        dag = api.dag(outcome.name)
        outcome.latest, outcome.active = dag["latest_number"], dag["active"] and dag["active"]["number"]
    if activate and not outcome.is_active:
        outcome.is_building = bool(api.activate(outcome.name, version["id"])["building"])
        outcome.is_active = not outcome.is_building
        outcome.result = Result.DEPLOYED if is_new else Result.ACTIVATED


def _note_refusal(outcome: Outcome, refused: Refused) -> None:
    """Of this document; a token that is no good is no good for the others either."""
    if refused.status == _NOT_SIGNED_IN:
        raise refused
    if refused.code == "invalid_dag":
        outcome.has_problems([Problem.of(told) for told in refused.errors])
        return
    outcome.result, outcome.refusal = Result.REFUSED, refused
