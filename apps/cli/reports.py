"""Outcomes, written for people, for programs, for a workflow of GitHub."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

from apps.cli.outcomes import Outcome, Problem, Result, summary
from apps.cli.rendering import Paint, excerpt, plain
from apps.cli.session import Session

_BUILDING = ", built first: `trace cutover {}` says how far it is"


def report(
    session: Session, outcomes: Sequence[Outcome], *, form: str, switched_off: Sequence[str] = (), is_plan: bool = False
) -> None:
    """`switched_off`: DAGs that no file is left of; of a plan those that would be."""
    if form == "json":
        session.say(as_json(outcomes, switched_off, is_plan=is_plan))
        return
    write = _github if form == "github" else _text
    for outcome in outcomes:
        for line in write(outcome, session.paint):
            session.say(line)
    for name in switched_off:
        session.say(f"{plain(name)}: {'to be ' if is_plan else ''}switched off, no file is left of it")
    session.say(summary(outcomes, switched_off=len(switched_off), is_plan=is_plan))


def as_json(outcomes: Sequence[Outcome], switched_off: Sequence[str], *, is_plan: bool) -> str:
    """On one line: --watch writes one after the other."""
    told = {
        "is_plan": is_plan, "documents": [_told(outcome) for outcome in outcomes], "switched_off": list(switched_off),
    }  # fmt: skip
    return json.dumps(told, ensure_ascii=False)


def _told(outcome: Outcome) -> dict[str, Any]:
    refusal = outcome.refusal
    return {
        "path": outcome.document.path, "name": outcome.name or None, "result": outcome.result.value,
        "version": outcome.version, "active": outcome.is_active, "building": outcome.is_building, "not_built": outcome.not_built,
        "problems": [asdict(problem) for problem in outcome.problems],
        "warnings": [asdict(warning) for warning in outcome.warnings],
        "refusal": {"status": refusal.status, "code": refusal.code, "message": refusal.message} if refusal else None,
    }  # fmt: skip


def _text(outcome: Outcome, paint: Paint) -> Iterator[str]:
    for problem in outcome.problems:
        yield from compiled(outcome, problem, paint)
    # Refused for them, it has said them.
    for warning in outcome.warnings if not outcome.refusal else ():
        yield from compiled(outcome, warning, paint, word="warning")
    where = plain(outcome.document.path)
    if outcome.refusal:
        yield f"{paint.bold(where)}: {paint.red('refused')}: {plain(outcome.refusal.code)}: {plain(outcome.refusal.message)}"
        yield from _hint(outcome.refusal.hint, paint)
    for line in _done(outcome):
        yield f"{paint.bold(where)}: {paint.green(line)}"
    if outcome.not_built and not outcome.refusal:
        names = ", ".join(f"`{plain(name)}`" for name in outcome.not_built)
        yield f"{paint.bold(where)}: {paint.yellow('note')}: this Trace cannot run {names} yet: deploy it, but do not activate it."


def compiled(outcome: Outcome, problem: Problem, paint: Paint, *, word: str = "error") -> Iterator[str]:
    """As a compiler does: editors and terminals make `path:line:column` a link."""
    colour = paint.red if word == "error" else paint.yellow
    place = paint.bold(f"{plain(outcome.document.path)}:{problem.line}:{problem.column}")
    yield f"{place}: {colour(word)}: {plain(problem.code)}: {plain(problem.message)}"
    lines = outcome.document.lines
    if problem.line <= len(lines):
        line, caret = excerpt(lines[problem.line - 1], problem.column)
        yield from (f"    {line}", f"    {colour(caret)}")
    yield from _hint(problem.hint, paint)


def _hint(hint: str, paint: Paint) -> Iterator[str]:
    if hint:
        yield f"  {paint.blue('hint')}: {plain(hint)}"


def _done(outcome: Outcome) -> Iterator[str]:
    state = ", active" if outcome.is_active else _BUILDING.format(outcome.name) if outcome.is_building else ""
    match outcome.result:
        case Result.DEPLOYED:
            yield f"deployed as version {outcome.version} of {outcome.name}{state}"
        case Result.UNCHANGED:
            yield f"unchanged, version {outcome.version} of {outcome.name}{_older(outcome, ' exists already') or state}"
        case Result.ACTIVATED:
            done = "to be active" if outcome.is_building else "activated"
            yield f"{done}, version {outcome.version} of {outcome.name}{state if outcome.is_building else ''}{_older(outcome)}"
        case Result.WOULD_DEPLOY:
            yield f"to be deployed as version {outcome.version} of {outcome.name}{state}"
        case Result.WOULD_ACTIVATE:
            yield f"to be activated, version {outcome.version} of {outcome.name}"
        case Result.WOULD_BE_REFUSED:
            yield f"to be refused: version {outcome.version} of {outcome.name} could not be activated"


def _older(outcome: Outcome, prefix: str = "") -> str:
    """Who deploys the text of an older version, by mistake most often, is told what they did not get."""
    if outcome.latest in {None, outcome.version}:
        return ""
    active = (
        f"{outcome.active} {'was' if outcome.result is Result.ACTIVATED else 'is'} active" if outcome.active else "none is active"
    )
    return f"{prefix} (not the newest: {outcome.latest} is newest, {active})"


def _github(outcome: Outcome, paint: Paint) -> Iterator[str]:
    file = _property(outcome.document.path)
    told = [("error", problem) for problem in outcome.problems] + [("warning", warning) for warning in outcome.warnings]
    for word, problem in told:
        said = "\n".join(part for part in (problem.message, problem.hint) if part)
        yield f"::{word} file={file},line={problem.line},col={problem.column},title={_property(problem.code)}::{_data(said)}"
    if refusal := outcome.refusal:
        yield f"::error file={file},title={_property(refusal.code)}::{_data(refusal.message)}"
    # A document cannot begin a line here, so it cannot give the workflow commands of its own.
    yield from (f"{_data(outcome.document.path)}: {line}" for line in _done(outcome))


def _data(text: str) -> str:
    return _escaped(text, (("%", "%25"), ("\r", "%0D"), ("\n", "%0A")))


def _property(text: str) -> str:
    return _escaped(_data(text), ((":", "%3A"), (",", "%2C")))


def _escaped(text: str, pairs: Iterable[tuple[str, str]]) -> str:
    for character, code in pairs:
        text = text.replace(character, code)
    return text
