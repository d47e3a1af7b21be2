"""What the YAML parser complains of, in plain words. Its own are terse and name its inner states."""

from __future__ import annotations

import re

import yaml

from apps.dags.document.codes import Code
from apps.dags.document.problems import Problem, line_and_column, shown

_INDENT = "Check the indentation of this line and of the one above: lists and keys of one level start in one column."
_QUOTES = "A key starts in the column of its neighbours. Put quotes around a text that contains `: ` or ` #`, or that starts with a special character such as `@`, `%`, `*` or `[`."
# What the parser says → what it means, and what to do. The first that is contained wins.
_MEANINGS = (
    ("expected alphabetic or numeric character", "A `*` or `&` starts an alias or an anchor.", 'Put the text in quotes: `schedule: "*/15 * * * *"`.'),
    ("mapping values are not allowed", "A `:` stands where no key can be.", _QUOTES),
    ("did not find expected key", "This does not continue what stands above it.", _INDENT),
    ("did not find expected '-' indicator", "A list goes on with something that is no `- ` item.", _INDENT),
    ("did not find expected ',' or", "A bracket is not closed, or a comma is missing.", "Close it with `]` or `}`, or write a comma before this."),
    ("could not find expected ':'", "A key without a `:`.", "Write `key: value`; a text over several lines starts with `|`."),
    ("unexpected end of stream", "A quotation mark is not closed.", "Close it on the line where the text ends."),
    ("did not find expected <document start>", "This stands outside the document.", _INDENT),
    ("did not find expected node content", "A value is missing here.", "Write it, or quote it if it starts with a special character."),
    ("unknown escape character", "This escape is none that double quotes know.", "Write `\\\\` for a backslash, or use single quotes."),
    ("expected alphabetic or numeric", "Behind `*` and `&` stands the name of an anchor.", "Put the value in quotes if it is text."),
    ("incompatible YAML", "This asks for a version of YAML that Trace does not read.", "Remove the line that starts with `%YAML`."),
    ("exceeded maximum", "This is nested too deeply.", "Nothing in a DAG is that deep."),
)  # fmt: skip

# A key whose value begins right behind its colon. `http://` is none.
_UNSPACED = re.compile(r" *(?:- +)*(?P<key>[A-Za-z_][\w-]*):(?P<value>[^\s:/].*)")


def explained(error: yaml.YAMLError, text: str) -> Problem:
    if isinstance(error, yaml.reader.ReaderError):
        return _unreadable(error, text)
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    offset = min(mark.index, len(text)) if mark else 0
    line, column = line_and_column(text, offset)
    said = " ".join(str(part) for part in (getattr(error, "context", ""), getattr(error, "problem", "")) if part)
    if "cannot start any token" in said or "found a tab character" in said:
        return _bad_start(text[offset : offset + 1], line, column)
    if found := _unspaced(text, line):
        return found
    message, hint = next(((m, h) for part, m, h in _MEANINGS if part in said), (f"This is not YAML: {said or error}.", _INDENT))
    return Problem(Code.YAML_SYNTAX, message, "", line, column, hint)


def _unspaced(text: str, line: int) -> Problem | None:
    """What the parser took for the beginning of a text of several lines: it complains of the next line only."""
    above = text.split("\n")[: line - 1]
    number = next((place for place in range(len(above), 0, -1) if above[place - 1].strip()), 0)
    found = _UNSPACED.fullmatch(above[number - 1]) if number else None
    if found is None:
        return None
    message = f"A space is missing behind the colon of `{found['key']}`."
    return Problem(Code.YAML_SYNTAX, message, "", number, found.start("value"), with_space(above[number - 1]))


def with_space(text: str) -> str:
    """The hint for a text that was meant to be a key and its value; empty for any other."""
    found = _UNSPACED.fullmatch(text)
    return f"Write `{found['key']}: {shown(found['value'])}`." if found else ""


def _bad_start(character: str, line: int, column: int) -> Problem:
    if character == "\t":
        hint = "YAML is indented with spaces; use two per level."
        return Problem(Code.TAB, "A tab stands where only spaces can.", "", line, column, hint)
    return Problem(Code.YAML_SYNTAX, f"`{character}` cannot start a value.", "", line, column, "Put the value in quotes.")


def _unreadable(error: yaml.reader.ReaderError, text: str) -> Problem:
    """`position` counts characters where the parser was given text."""
    found = next((place for place, character in enumerate(text) if not _printable(character)), 0)
    line, column = line_and_column(text, found)
    number = f"{ord(text[found]):04X}"
    hint = f"Remove it; in double quotes it can be written as `\\u{number}`."
    return Problem(Code.BAD_TEXT, f"The character U+{number} cannot stand in YAML.", "", line, column, hint)


def _printable(character: str) -> bool:
    """YAML 1.2 §5.1."""
    return (
        character in "\t\n\r\x85"
        or "\x20" <= character <= "\x7e"
        or (character >= "\xa0" and character not in "\ufffe\uffff\ufeff")
    )
