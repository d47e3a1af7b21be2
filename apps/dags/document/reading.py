"""Text → tree. Never raises for what somebody wrote: what cannot be read is a problem with its place."""

from __future__ import annotations

from dataclasses import dataclass, field

import yaml

from apps.dags.document.codes import Code
from apps.dags.document.composing import Composer, TooDeep, TooMany, with_lines_of_editors
from apps.dags.document.problems import Problem, line_and_column
from apps.dags.document.syntax import explained
from apps.dags.document.tree import Node

LONGEST_BYTES = 1024 * 1024
BOM = "\ufeff"


@dataclass(frozen=True)
class Reading:
    """`root` is None when nothing can be made of the text."""

    text: str
    root: Node | None
    problems: list[Problem] = field(default_factory=list)


def normalised(text: str) -> str:
    """As hashed and kept: one kind of line ending, no byte order mark."""
    return text.removeprefix(BOM).replace("\r\n", "\n").replace("\r", "\n")


def read(given: str) -> Reading:
    text = normalised(given)
    if too_large := _too_large(text):
        return Reading(text, None, [too_large])
    composer = Composer()
    try:
        # As yaml.parse, which asks twice for each event.
        events = iter(yaml.CSafeLoader(text).get_event, None)
        root = composer.compose(with_lines_of_editors(events, text))
    except yaml.YAMLError as error:
        return Reading(text, None, [*composer.problems, explained(error, text)])
    except (TooDeep, TooMany) as error:
        return Reading(text, None, [*composer.problems, error.problem])
    except UnicodeEncodeError as error:
        return Reading(text, None, [_half_a_character(text, error.start)])
    if root is None and not composer.problems:
        empty = Problem(Code.EMPTY_DOCUMENT, "There is nothing here.", "", 1, 1, "A DAG starts with `name:` and `jobs:`.")
        return Reading(text, None, [empty])
    return Reading(text, root, composer.problems)


def _too_large(text: str) -> Problem | None:
    size = len(text.encode(errors="surrogatepass"))
    if size <= LONGEST_BYTES:
        return None
    return Problem(
        Code.DOCUMENT_TOO_LARGE, f"A document has at most {LONGEST_BYTES:,} bytes; this one has {size:,}.", "", 1, 1,
        "Split it into several DAGs: they can read each other's datasets by name.",
    )  # fmt: skip


def _half_a_character(text: str, start: int) -> Problem:
    line, column = line_and_column(text, start)
    return Problem(
        Code.BAD_TEXT,
        "Half of a Unicode character stands here alone.",
        "",
        line,
        column,
        "Type the character anew, or remove it.",
    )
