"""JSON-RPC as it comes and goes. Results are cut out of the answer as text: what a node said reaches the caller digit by digit."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from pydantic_core import from_json

from workers.rpc_gateway.methods import SUBSCRIBING, Family, family_of, why_refused
from workers.rpc_gateway.refusals import bad_request

INVALID_REQUEST, METHOD_REFUSED = -32600, -32004


class Malformed(ValueError):
    """It is no answer of JSON-RPC."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`raw`: the JSON of the result or of the error; `value`: the same, read. `of`: the provider that said it."""

    raw: str
    value: Any
    is_error: bool = False

    def framed(self, call_id: str) -> str:
        return f'{{"jsonrpc":"2.0","id":{call_id},"{"error" if self.is_error else "result"}":{self.raw}}}'

    @property
    def code(self) -> int:
        return self.value.get("code", 0) if self.is_error and isinstance(self.value, dict) else 0

    @property
    def message(self) -> str:
        return str(self.value.get("message", "")) if self.is_error and isinstance(self.value, dict) else ""


def error_answer(code: int, message: str) -> Answer:
    value = {"code": code, "message": message}
    return Answer(json.dumps(value), value, is_error=True)


@dataclass(frozen=True)
class Call:
    """`id` is the caller's own, as JSON: it may be any, and is given back as it came."""

    id: str
    method: str
    params: Any
    family: Family

    @cached_property
    def params_json(self) -> str:
        return json.dumps(self.params, separators=(",", ":"))

    @cached_property
    def key(self) -> tuple[str, str]:
        """The same for calls that ask the same."""
        return self.method, json.dumps(self.params, separators=(",", ":"), sort_keys=True).lower()

    def framed(self, number: int) -> str:
        return f'{{"jsonrpc":"2.0","id":{number},"method":"{self.method}","params":{self.params_json}}}'


@dataclass(frozen=True)
class Settled:
    """A call that is answered here and reaches no provider."""

    id: str
    answer: Answer


@dataclass(frozen=True)
class Subscribing:
    """On a WebSocket only."""

    id: str
    method: str
    params: Any


@dataclass(frozen=True)
class Asked:
    items: Sequence[Call | Settled | Subscribing]
    is_batch: bool

    @property
    def calls(self) -> list[Call]:
        return [one for one in self.items if isinstance(one, Call)]

    @property
    def is_invalid(self) -> bool:
        return any(isinstance(one, Settled) and one.answer.code == INVALID_REQUEST for one in self.items)


def read_request(body: bytes, *, most_calls: int, is_socket: bool = False) -> Asked:
    said = _loads(body)
    if isinstance(said, dict):
        return Asked([_call(said, is_socket)], is_batch=False)
    if not isinstance(said, list):
        raise bad_request("The body is neither a call of JSON-RPC nor a batch of them.")
    if not said:
        raise bad_request("The batch is empty.")
    if len(said) > most_calls:
        raise bad_request(f"The batch has {len(said):,} calls; {most_calls:,} is the most. Send it in parts.")
    return Asked([_call(one, is_socket) for one in said], is_batch=True)


def write_calls(calls: Sequence[Call]) -> bytes:
    if len(calls) == 1:
        return calls[0].framed(1).encode()
    return f"[{','.join(call.framed(number) for number, call in enumerate(calls, 1))}]".encode()


def read_answers(text: str, count: int) -> list[Answer]:
    """As many as were asked for, in their order. Raises Malformed."""
    if plain := _plain_answers(text, count):
        return plain
    try:
        at = _blank(text, 0)
        if text[at : at + 1] == "[":
            numbered, end = _array(text, at)
        else:
            members, end = _object(text, at)
            numbered = [members]
        if _blank(text, end) != len(text):
            raise Malformed("something follows the answer")
    except (StopIteration, IndexError):
        raise Malformed("it ends too early, or is no JSON") from None
    except RecursionError:
        raise Malformed("it is nested too deep") from None
    except ValueError as error:
        raise Malformed(str(error) if isinstance(error, Malformed) else "it is no JSON") from None
    if len(numbered) == 1:
        # An error of the whole batch comes alone, and often with no id.
        only = _answer(text, numbered[0])
        if count == 1 or only.is_error:
            return [only] * count
    by_number = {one["id"][2]: one for one in numbered if "id" in one and isinstance(one["id"][2], (int, str))}
    if len(numbered) != count or by_number.keys() != set(range(1, count + 1)):
        raise Malformed(f"it holds {len(numbered)} answers to {count} calls, or others")
    return [_answer(text, by_number[number]) for number in range(1, count + 1)]


def _plain_answers(text: str, count: int) -> list[Answer] | None:
    """As nearly every node writes them, read in half the time; None for whatever is written otherwise, or is none.

    Between literal pieces stands what must be a JSON value by itself: cut at a wrong place it would be none.
    """
    start, end = ("", "}") if count == 1 else ("[", "}]")
    if not text.startswith(start + _plain(1)) or not text.endswith(end):
        return None
    answers, at = [], len(start + _plain(1))
    for number in range(2, count + 2):
        following = "}," + _plain(number)
        stop = text.find(following, at) if number <= count else len(text) - len(end)
        if stop < at:
            return None
        try:
            answers.append(Answer(text[at:stop], from_json(text[at:stop], allow_inf_nan=False, cache_strings="none")))
        except ValueError:
            return None
        at = stop + len(following)
    return answers


@cache
def _plain(number: int) -> str:
    return f'{{"jsonrpc":"2.0","id":{number},"result":'


_Span = tuple[int, int, Any]
_BLANK = re.compile(r"[ \t\n\r]*")


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


_scan: Callable[[str, int], tuple[Any, int]] = vars(json.JSONDecoder(parse_constant=_no_constant))["scan_once"]


def _blank(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at


def _array(text: str, at: int) -> tuple[list[dict[str, _Span]], int]:
    found: list[dict[str, _Span]] = []
    at = _blank(text, at + 1)
    if text[at] == "]":
        return found, at + 1
    while True:
        members, at = _object(text, at)
        found.append(members)
        at = _blank(text, at)
        if text[at] == "]":
            return found, at + 1
        at = _blank(text, _past(text, at, ","))


def _object(text: str, at: int) -> tuple[dict[str, _Span], int]:
    found: dict[str, _Span] = {}
    at = _blank(text, _past(text, at, "{"))
    if text[at] == "}":
        return found, at + 1
    while True:
        key, at = _scan(text, at)
        start = _blank(text, _past(text, _blank(text, at), ":"))
        value, at = _scan(text, start)
        found[str(key)] = (start, at, value)
        at = _blank(text, at)
        if text[at] == "}":
            return found, at + 1
        at = _blank(text, _past(text, at, ","))


def _past(text: str, at: int, sign: str) -> int:
    if text[at] != sign:
        raise Malformed(f"{sign} is missing")
    return at + 1


def _answer(text: str, members: Mapping[str, _Span]) -> Answer:
    if (error := members.get("error")) and error[2] is not None:
        return Answer(text[error[0] : error[1]], error[2], is_error=True)
    if (result := members.get("result")) is None:
        raise Malformed("it has neither a result nor an error")
    return Answer(text[result[0] : result[1]], result[2])


def _loads(body: bytes) -> Any:
    try:
        return json.loads(body.decode(), object_pairs_hook=_unique, parse_constant=_no_constant)
    except RecursionError:
        raise bad_request("The body is nested too deep.") from None
    except UnicodeDecodeError:
        raise bad_request("The body is no UTF-8.") from None
    except _Twice as twice:
        raise bad_request(f"The body has the key {str(twice)[:80]!r} twice in one object.") from None
    except ValueError as error:
        where = f" (line {error.lineno}, column {error.colno})" if isinstance(error, json.JSONDecodeError) else ""
        raise bad_request(f"The body is no JSON{where}.") from None


class _Twice(ValueError):
    pass


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A key that is there twice would be read one way here and another way there."""
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise _Twice(next(name for name in names if names.count(name) > 1))
    return found


def _call(said: Any, is_socket: bool) -> Call | Settled | Subscribing:
    if not isinstance(said, dict):
        return Settled("null", error_answer(INVALID_REQUEST, "A call is an object with a method and params."))
    given = said.get("id")
    if isinstance(given, (dict, list, bool)):
        return Settled("null", error_answer(INVALID_REQUEST, "An id is a string, a number or null."))
    call_id, method, params = json.dumps(given), said.get("method"), said.get("params")
    params = [] if params is None else params
    if not isinstance(method, str) or not method or not isinstance(params, (list, dict)):
        return Settled(call_id, error_answer(INVALID_REQUEST, "A call names a method, and its params are a list."))
    if is_socket and method in SUBSCRIBING:
        return Subscribing(call_id, method, params)
    if (family := family_of(method)) is None:
        return Settled(call_id, error_answer(METHOD_REFUSED, why_refused(method)))
    return Call(call_id, method, params, family)
