"""What the shape refuses → complaints in plain words, each once."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from pydantic import BaseModel, ValidationError

from apps.dags.document.codes import Code
from apps.dags.document.known_keys import child, holds, known_keys
from apps.dags.document.problems import MOST_PROBLEMS, Complaint, Path, did_you_mean, listed, shown
from apps.dags.document.scalars import LONGEST_NUMBER, digits_of, readings_of, value_of
from apps.dags.document.shape import DAG_NAME_IN_WORDS, RESERVED_RUNTIMES, is_job_name
from apps.dags.document.syntax import with_space

_TYPES = {
    "string_type": "text", "int_type": "a whole number", "int_from_float": "a whole number", "float_type": "a number",
    "bool_type": "`true` or `false`", "list_type": "a list", "dict_type": "a mapping", "model_type": "a mapping",
    "model_attributes_type": "a mapping", "none_required": "nothing",
}  # fmt: skip
_NUMBERS = frozenset({"int_type", "float_type"})
_TYPES_OF_PARTS = frozenset({"list_type", "model_type", "model_attributes_type"})
_DURATION = "a number and `s`, `m`, `h` or `d`, such as `5m`"
_NAMES = {
    r"^[a-z][a-z0-9_]{0,62}$": "lower-case letters, digits and `_`, a letter first, at most 63",
    r"^[a-z][a-z0-9_-]{0,62}$": DAG_NAME_IN_WORDS,
    r"^[a-z][a-z0-9_]{0,127}$": "lower-case letters, digits and `_`, a letter first, at most 128",
    r"^[a-z][a-z0-9_]{0,40}$": "lower-case letters, digits and `_`, a letter first, at most 41",
    r"^[a-z_][a-z0-9_]{0,62}$": "lower-case letters, digits and `_`, at most 63",
    r"^((platform|user)/)?[A-Z][A-Z0-9_]{0,62}$": "capital letters, digits and `_`, a letter first, as the secret is called",
    r"^[1-9][0-9]{0,6}(s|m|h|d)$": _DURATION,
    r"^[a-z0-9][a-z0-9_:.-]{0,62}$": "lower-case letters, digits, `_`, `:`, `.` and `-`, at most 63",
    r"^(private|org|role:[a-z][a-z0-9-]{1,38}[a-z0-9])$": "`private`, `org`, or `role:` and the name of a role",
    r"^[A-Za-z0-9_./{}-]{1,200}$": "letters, digits and `_`, `.`, `/`, `{`, `}`, `-`, at most 200",
}
_DURATIONS = frozenset({"timeout", "idle_timeout", "max_queue_age", "cadence"})
_BOUNDS = {
    "greater_than_equal": ("at least", "ge"), "greater_than": ("more than", "gt"),
    "less_than_equal": ("at most", "le"), "less_than": ("less than", "lt"),
}  # fmt: skip
_LENGTHS = {
    "too_short": "min_length",
    "string_too_short": "min_length",
    "too_long": "max_length",
    "string_too_long": "max_length",
}


def complaints(error: ValidationError, model: type[BaseModel], data: object, at: Path) -> Iterator[Complaint]:
    """`at` is where the data stands in the document."""
    by_path: dict[Path, list[Any]] = defaultdict(list)
    for one in error.errors(include_url=False, include_input=False):
        by_path[_path(one["loc"], data, missing=one["type"] == "missing")].append(one)
    above = _all_above(by_path)
    # Where one alternative of several was meant, what is wrong inside it is said there.
    told = ((path, found) for path, found in by_path.items() if path not in above or not _is_about_alternatives(found))
    for path, found in islice(told, MOST_PROBLEMS):
        yield _complaint(found, model, data, path, at)


def _is_about_alternatives(found: list[Any]) -> bool:
    return all(one["type"] in _TYPES or one["type"] == "literal_error" for one in found)


def _all_above(paths: Iterable[Path]) -> Collection[Path]:
    return {path[:length] for path in paths for length in range(len(path))}


def _path(loc: tuple[str | int, ...], data: Any, *, missing: bool) -> Path:
    """Without the names of alternatives that pydantic puts between the keys."""
    path: list[str | int] = []
    for place, part in enumerate(loc):
        if holds(data, part):
            data = data[part]
        elif not (missing and place == len(loc) - 1):
            continue
        path.append(part)
    return tuple(path)


def _complaint(found: list[Any], model: type[BaseModel], data: object, path: Path, at: Path) -> Complaint:
    first = found[0]
    kind, where = first["type"], (*at, *path)
    value = _value(data, path)
    if kind == "missing":
        known = known_keys(model, path[:-1], data)
        return Complaint(Code.MISSING_KEY, f"`{path[-1]}` is missing.", where, known.get(str(path[-1]), ""))
    if kind == "extra_forbidden":
        return _unknown_key(model, data, path, where)
    if kind.startswith("union_tag"):
        return _unknown_kind(first, where, data=value)
    if len(found) > 1 and _is_about_alternatives(found):
        return _none_of_several(found, value, where)
    meaning = known_keys(model, path[:-1], data).get(str(path[-1]), "") if path else ""
    return _about_a_value(first, value, where, meaning)


def _unknown_key(model: type[BaseModel], data: object, path: Path, where: Path) -> Complaint:
    known = known_keys(model, path[:-1], data)
    there = _value(data, path[:-1])
    free = [key for key in known if not (isinstance(there, Mapping) and key in there)]
    otherwise = f"Known here: {listed(known)}." if known else "Nothing can be said here."
    hint = did_you_mean(str(path[-1]), free, otherwise=otherwise)
    return Complaint(Code.UNKNOWN_KEY, f"There is no key `{shown(path[-1])}` here.", where, hint, key=True)


def _unknown_kind(error: Any, where: Path, *, data: object) -> Complaint:
    tag = str(error["ctx"]["discriminator"]).strip("'")
    if error["type"] == "union_tag_not_found":
        if not isinstance(data, Mapping):
            return Complaint(Code.WRONG_TYPE, f"This must be a mapping with `{tag}`; it is {_kind_of(data)}.", where)
        return Complaint(Code.MISSING_KEY, f"`{tag}` is missing.", (*where, tag), "It says which of the kinds is meant.")
    return _none_of(_quoted(error["ctx"]["expected_tags"]), error["ctx"]["tag"], (*where, tag))


def _none_of(known: list[str], value: object, where: Path) -> Complaint:
    near = did_you_mean(str(value), known)
    hint = f"{near} It is one of {listed(known)}.".lstrip() if len(known) > 1 else f"It can only be {listed(known)}."
    return Complaint(Code.WRONG_VALUE, f"`{shown(value)}` cannot stand here.", where, hint)


def _none_of_several(found: list[Any], value: object, where: Path) -> Complaint:
    literals = [word for one in found if one["type"] == "literal_error" for word in _quoted(one["ctx"]["expected"])]
    wanted = list(dict.fromkeys(_TYPES[one["type"]] for one in found if one["type"] in _TYPES))
    words = [
        *(f"`{word}`" for word in literals),
        *(word for word in wanted if word != "a whole number" or "a number" not in wanted),
    ]
    hint = did_you_mean(value, literals) if isinstance(value, str) else ""
    return Complaint(Code.WRONG_TYPE, f"This must be {_either(words)}; it is {_kind_of(value)}.", where, hint)


def _either(words: list[str]) -> str:
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _about_a_value(error: Any, value: object, where: Path, meaning: str) -> Complaint:
    kind, context = error["type"], error.get("ctx", {})
    if kind in _TYPES:
        return _wrong_type(kind, value, where, meaning)
    if kind in {"literal_error", "enum"}:
        return _reserved(value, where) or _none_of(_quoted(context["expected"]), value, where)
    if kind == "string_pattern_mismatch":
        return _bad_name(str(context["pattern"]), value, where)
    if kind in _BOUNDS or kind in _LENGTHS:
        return _out_of_range(kind, context, value, where, meaning)
    if kind == "value_error":
        # A rule of an operator says itself what to do.
        return Complaint(Code.BAD_CONFIG, f"The operator says: {shown(context['error'], most=300).rstrip('.')}.", where, meaning)
    return Complaint(Code.WRONG_VALUE, f"{error['msg'].rstrip('.')}.", where, meaning)


def _out_of_range(kind: str, context: Mapping[str, Any], value: object, where: Path, meaning: str) -> Complaint:
    if kind in _LENGTHS:
        return _wrong_length(kind, context, where)
    words, key = _BOUNDS[kind]
    return Complaint(Code.OUT_OF_RANGE, f"This must be {words} {context[key]:,}; it is {shown(value)}.", where, meaning)


def _wrong_type(kind: str, value: object, where: Path, meaning: str) -> Complaint:
    if kind in _NUMBERS and isinstance(value, str) and (digits := digits_of(value)):
        message = f"This number has {digits:,} digits; no number here has more than {LONGEST_NUMBER}."
        return Complaint(Code.OUT_OF_RANGE, message, where, meaning)
    hint = meaning
    if isinstance(value, str) and kind in {"int_type", "float_type", "bool_type"}:
        hint = _unquoted(kind, value) or meaning
    elif isinstance(value, int | float) and kind == "string_type":
        hint = f"It is {_DURATION}." if where[-1] in _DURATIONS else "Put it in quotes."
    elif isinstance(value, str) and kind in _TYPES_OF_PARTS:
        hint = _written_out(value, where) or with_space(value) or meaning
    return Complaint(Code.WRONG_TYPE, f"This must be {_TYPES[kind]}; it is {_kind_of(value)}.", where, hint)


def _written_out(value: str, where: Path) -> str:
    """Who writes a bare word where a job is read means the name of that job."""
    source = f"from: {{ job: {value if is_job_name(value) else 'name'}, output: 0 }}"
    if where[-1] == "from":
        return f"Write `{source}`."
    return f"Write `- {source}`." if "inputs" in where[-2:] else ""


def _unquoted(kind: str, text: str) -> str:
    if kind != "bool_type" and (readings := readings_of(text)):
        octal = f", or `{readings[1]}` if the zero means octal" if len(readings) > 1 else ""
        return f"A number does not begin with 0: write `{readings[0]}`{octal}."
    if isinstance(value_of(text), bool if kind == "bool_type" else int | float):
        return "Remove the quotes."
    return "Only `true` and `false` are: `yes` and `on` are text." if kind == "bool_type" else ""


def _reserved(value: object, where: Path) -> Complaint | None:
    if where[-1] != "runtime" or value not in RESERVED_RUNTIMES:
        return None
    hint = "User code runs with `runtime: lambda` and `operator: udf`."
    return Complaint(Code.RESERVED_RUNTIME, f"`{value}` is reserved for a later version of Trace.", where, hint)


def _bad_name(pattern: str, value: object, where: Path) -> Complaint:
    rule = _NAMES.get(pattern)
    made = "It is" if rule and rule.startswith(("a ", "`")) else "It is made of"
    hint = f"{made} {rule}." if rule else f"It must match `{pattern}`."
    return Complaint(Code.BAD_NAME, f"`{shown(value)}` cannot stand here.", where, hint)


def _wrong_length(kind: str, context: Mapping[str, Any], where: Path) -> Complaint:
    limit = context[_LENGTHS[kind]]
    unit = ("character" if limit == 1 else "characters") if kind.startswith("string") else "entry" if limit == 1 else "entries"
    words = f"It has at least {limit:,} {unit}." if kind.endswith("short") else f"It has at most {limit:,} {unit}."
    return Complaint(Code.OUT_OF_RANGE, f"This is too {'short' if kind.endswith('short') else 'long'}.", where, words)


def _value(data: object, path: Path) -> object:
    for part in path:
        data = child(data, part)
    return data


def _kind_of(value: object) -> str:
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, str):
        return f"the text `{shown(value)}`"
    if isinstance(value, int | float):
        return f"the number {shown(value)}"
    return {type(None): "empty", dict: "a mapping", list: "a list"}.get(type(value), "something else")


def _quoted(expected: object) -> list[str]:
    return re.findall(r"'([^']*)'", str(expected))
