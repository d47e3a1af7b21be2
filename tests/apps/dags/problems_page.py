"""`python -m tests.apps.dags.problems_page` prints docs/reference/dag-problems.md: every code, by the document that has it."""

from __future__ import annotations

from collections.abc import Iterator

from apps.dags.document.codes import Code
from apps.dags.document.problems import Problem
from tests.apps.dags.examples import BUILT, Example, examples
from tests.apps.dags.known import BUNDLES, DAG, DATASETS, POOLS

_INTRODUCTION = """\
# What can be wrong with a DAG

Every problem has a code that does not change, a place (line, column and JSON pointer), a sentence that says what is wrong, and most often one that
says what to do. All of them are told at once, in the order of the text, the first 500. The editor, the API and the command line say the same.

Made by `make reference` from the documents by which the tests reach every code; each has this one problem and no other. They are sent as
versions of the DAG `{dag}`, to an org that has the bundle {bundles} and the datasets
{datasets}. The installation has the RPC pools
{pools}.
"""

# Of files, before their text is sent.
_OF_THE_COMMAND_LINE = """
# Of the command line alone

`trace validate`, `deploy` and `sync` say these of files; the API never sees them.

## not_utf8

The file is not UTF-8. The place is that of the first byte that is not. Save it as UTF-8; if it is no document, give it another ending than `.yaml`.

## name_used_twice

Two of the files are documents of one DAG. It is told at the second, and nothing is deployed: a DAG has one document."""


def page() -> str:
    by_code = {example.code: example for example in examples()}
    sections = (line for code in Code for line in _section(by_code[code]))
    return "\n".join([_introduction(), *_index(), *sections, _OF_THE_COMMAND_LINE])


def _introduction() -> str:
    published = (f"`{one.name}`" + (f" (published by `{one.producers[0]}`)" if one.producers else "") for one in DATASETS)
    bundles = ", ".join(f"`{one}`" for one in sorted(BUNDLES))
    pools = (f"`{one.name}` (`{one.kind}`, chain {one.chain_id}{'' if one.is_enabled else ', switched off'})" for one in POOLS)
    return _INTRODUCTION.format(dag=DAG, datasets=",\n".join(published), bundles=bundles, pools=",\n".join(pools))


def _index() -> Iterator[str]:
    yield ",\n".join(f"[`{code.value}`](#{code.value})" for code in Code)


def _section(example: Example) -> Iterator[str]:
    yield f"\n## {example.code.value}\n\n{example.meaning}\n"
    # The two comments on top are for the tests.
    text = example.text if example in BUILT else example.text.split("\n", 2)[2]
    if text and example not in BUILT:
        yield f"```yaml\n{text.rstrip()}\n```\n"
    (problem,) = example.problems(text)
    yield f"> {_where(problem)}: {problem.message} {problem.hint}".rstrip()


def _where(problem: Problem) -> str:
    place = f"line {problem.line}, column {problem.column}"
    return f"{place}, `{problem.path}`" if problem.path else place


if __name__ == "__main__":
    print(page())
