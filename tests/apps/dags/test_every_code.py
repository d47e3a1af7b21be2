"""Every code has a smallest document that has this one problem and no other."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from apps.dags.document.codes import Code
from tests.apps.dags.examples import Example, examples

EVERY = tuple(examples())
every_example = pytest.mark.parametrize("example", EVERY, ids=[example.code.value for example in EVERY])
_SENTENCE = re.compile(r"[A-Z0-9`].*[.?]", re.DOTALL)


@every_example
def test_the_document_has_exactly_this_problem(example: Example) -> None:
    found = [(problem.code, problem.line, problem.column, problem.path) for problem in example.problems()]

    assert found == [(example.code, example.line, example.column, example.path)]


@every_example
def test_what_is_said_are_sentences(example: Example) -> None:
    (problem,) = example.problems()

    assert _SENTENCE.fullmatch(problem.message)
    # A rule of an operator says itself what to do.
    assert _SENTENCE.fullmatch(problem.hint) or problem.code is Code.BAD_CONFIG
    assert _SENTENCE.fullmatch(example.meaning)


def test_every_code_has_one_example() -> None:
    assert Counter(example.code for example in EVERY) == Counter(Code)
