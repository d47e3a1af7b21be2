"""The first of three layers between a person's SQL and the machine: what is not known to be harmless is refused.

The other two, the locked connection and the process without a way out, hold without it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from apps.platform.sql import functions, shapes
from apps.platform.sql.meaning import meant
from apps.platform.sql.parsing import tree_of
from apps.platform.sql.places import at_span, name_span, takes_no_alias
from apps.platform.sql.rejection import Rejected, in_doubt
from apps.platform.sql.sameness import mean_the_same
from apps.platform.sql.shapes import Sort
from apps.platform.sql.statement import Kind, Node, Reference, Statement, Use, small
from apps.platform.sql.text import Text, too_deep, weighed

MOST_DEPTH = 300
_TYPES = frozenset({
    "ARRAY", "BIGINT", "BIGNUM", "BIT", "BLOB", "BOOLEAN", "DATE", "DECIMAL", "DOUBLE", "FLOAT", "HUGEINT", "INTEGER",
    "INTERVAL", "LIST", "MAP", "NULL", "SMALLINT", "STRUCT", "TIME", "TIME WITH TIME ZONE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE",
    "TIMESTAMP_MS", "TIMESTAMP_NS", "TIMESTAMP_S", "TIME_NS", "TINYINT", "UBIGINT", "UHUGEINT", "UINTEGER", "UNBOUND", "UNION",
    "USMALLINT", "UTINYINT", "UUID", "VARCHAR", "VARIANT",
})  # fmt: skip
# Types the parser leaves for later by their name.
_NAMED_TYPES = frozenset({"json", "enum"})
_COLLATIONS = frozenset({"binary", "nocase", "noaccent", "nfc", "c", "posix"})
# DuckDB's own schemas: nobody's datasets, and what lies in them is the catalogue.
_OWN_SCHEMAS = frozenset({"main", "temp", "system", "memory", "information_schema", "pg_catalog", "recurring"})
# A column of one of these names that no table has is a function in disguise. `user` is left out: contracts have such columns,
# and what it would answer is the same word for everybody.
_DISGUISED = frozenset({"current_catalog", "current_database", "current_role", "current_schema", "current_user", "session_user"})
_SHOWN = {"DESCRIBE": Kind.DESCRIBE, "SUMMARY": Kind.SUMMARIZE}


class Scope(NamedTuple):
    """The names that CTEs give at one place: of the innermost WITH those before `before`, then those further out."""

    names: Mapping[str, int]
    before: int
    outer: Scope | None = None

    def sees(self, name: str) -> bool:
        scope: Scope | None = self
        while scope is not None:
            if scope.names.get(name, scope.before) < scope.before:
                return True
            scope = scope.outer
        return False


class Seen(NamedTuple):
    """A node on its way through the gate. `offset`: where the nearest node around it stands that knows."""

    node: Node
    sort: Sort
    scope: Scope
    depth: int
    offset: int


def read(text: str) -> Statement:
    """One SELECT, DESCRIBE, SUMMARIZE or EXPLAIN of known parts. Raises Rejected."""
    source, prefix, kind = _without_explain(weighed(text))
    tree = tree_of(source)
    _hold_against(text[len(prefix) :], source.data.decode()[len(prefix) :], tree)
    gate = _Gate(source)
    gate.walk(tree)
    return Statement(
        kind=kind or _kind_of(tree),
        prefix=prefix,
        source=source,
        uses=tuple(gate.nodes.values()),
        parameters=tuple(sorted(gate.parameters)),
        functions=frozenset(gate.functions),
        ctes=frozenset(gate.ctes),
        tree=tree,
        nodes=gate.nodes,
    )


def _hold_against(given: str, plain: str, tree: Node) -> None:
    """Where wide spaces were made plain, none of them was part of what is meant."""
    if given != plain and not mean_the_same(tree, tree_of(Text(given.encode(), ()))):
        raise in_doubt()


def _without_explain(source: Text) -> tuple[Text, str, Kind | None]:
    """The parser does not serialise EXPLAIN, so it reads what is explained, with spaces for the word: positions stay."""
    if source.word(0) != "explain":
        return source, "", None
    skipped, kind = (2, Kind.ANALYZE) if source.word(1) in {"analyze", "analyse"} else (1, Kind.EXPLAIN)
    start = source.starts[skipped] if skipped < len(source.starts) else len(source.data)
    blanked = Text(b" " * start + source.data[start:], source.starts[skipped:])
    return blanked, source.data[:start].decode(), kind


def _kind_of(tree: Node) -> Kind:
    table = tree["node"].get("from_table", {})
    return _SHOWN[table["show_type"]] if table.get("type") == "SHOW_REF" else Kind.SELECT


class _Gate:
    """Walks a tree once, and collects. It does not recurse: a tree that is too deep is refused, and cannot break it."""

    def __init__(self, source: Text) -> None:
        self.nodes: dict[int, Use] = {}
        self.parameters: set[str] = set()
        self.functions: set[str] = set()
        self.ctes: set[str] = set()
        self._source = source
        self._in_from: set[int] = set()
        self._checks: Mapping[tuple[Sort, str], Callable[[Seen], None]] = {
            (Sort.EXPRESSION, "COLLATE"): self._collation,
            (Sort.EXPRESSION, "COLUMN_REF"): self._column,
            (Sort.EXPRESSION, "FUNCTION"): self._function,
            (Sort.EXPRESSION, "OPERATOR"): self._operator,
            (Sort.EXPRESSION, "PARAMETER"): self._parameter,
            (Sort.EXPRESSION, "WINDOW"): self._function,
            (Sort.TABLE, "BASE_TABLE"): self._table,
            (Sort.TABLE, "SHOW_REF"): self._show,
            (Sort.TABLE, "TABLE_FUNCTION"): self._table_function,
            (Sort.TYPE, ""): self._type,
            (Sort.TYPE_INFO, "UNBOUND_TYPE_INFO"): self._named_type,
            (Sort.TYPE_INFO, "STRING_TYPE_INFO"): self._collation,
        }

    def walk(self, tree: Node) -> None:
        left = [Seen(tree, Sort.STATEMENT, Scope({}, 0), 0, 0)]
        while left:
            seen = left.pop()
            if seen.depth > MOST_DEPTH:
                raise too_deep(self._source.position(seen.offset))
            try:
                left += self._within(seen)
            except shapes.Unknown as unknown:
                raise self._refused(seen, f"This is not offered here ({unknown}).") from None
            if check := self._checks.get((seen.sort, shapes.tag(seen.node, seen.sort))):
                check(seen)

    def _within(self, seen: Seen) -> list[Seen]:
        inner = self._named(seen) if seen.sort is Sort.QUERY else seen.scope
        found = []
        for place, (field, node, sort) in enumerate(shapes.children(seen.node, seen.sort)):
            scope = inner
            if sort is Sort.CTES:
                scope = Scope(inner.names, 0, inner.outer)
            elif sort is Sort.NAMED_CTE:
                scope = Scope(seen.scope.names, place, seen.scope.outer)
            elif seen.node.get("type") == "RECURSIVE_CTE_NODE" and field == "right":
                # Only there does it see itself; where it begins, its name is somebody else's.
                scope = Scope({small(seen.node["cte_name"]): 0}, 1, inner)
            found.append(Seen(node, sort, scope, seen.depth + 1, node.get("query_location", seen.offset)))
        return found

    def _named(self, seen: Seen) -> Scope:
        entries = seen.node.get("cte_map", {}).get("map", [])
        names = {small(entry["key"]): place for place, entry in enumerate(entries)}
        self.ctes |= set(names)
        return Scope(names, len(names), seen.scope)

    def _table(self, seen: Seen) -> None:
        parts = tuple(small(seen.node[name]) for name in ("catalog_name", "schema_name", "table_name") if seen.node.get(name))
        if self._is_cte(parts, seen.scope):
            if "at_clause" in seen.node:
                raise self._refused(seen, "What a WITH clause names has no versions.")
            return
        if len(parts) > 2 or (parts[0] in _OWN_SCHEMAS and len(parts) > 1):
            raise self._refused(seen, f"{'.'.join(parts)} is no dataset.", "Write the name of a dataset alone.")
        span = name_span(self._source, seen.offset, len(parts))
        if span is None:
            raise self._refused(
                seen,
                "A table is named, and not read from a file or an address.",
                "Write the name of a dataset, without ' and $$.",
            )
        version, at = self._version(seen)
        self.nodes[id(seen.node)] = Use(
            reference=Reference(parts, version),
            written=self._source.data[slice(*span)].decode(),
            alias=seen.node.get("alias", ""),
            position=self._source.position(seen.offset),
            name_span=span,
            at_span=at,
            is_bare=takes_no_alias(self._source, seen.offset),
        )

    @staticmethod
    def _is_cte(parts: tuple[str, ...], scope: Scope) -> bool:
        # `recurring.x` is all that a recursive x with a key has found so far.
        return (len(parts) == 1 or (len(parts) == 2 and parts[0] == "recurring")) and scope.sees(parts[-1])

    def _version(self, seen: Seen) -> tuple[int | None, tuple[int, int] | None]:
        at = seen.node.get("at_clause")
        if at is None:
            return None, None
        asked = at.get("expr", {})
        value = asked.get("value", {})
        # A decimal is kept as a whole number too: 1.5 as 15.
        number = value.get("value") if value.get("type", {}).get("id") == "INTEGER" else None
        span = at_span(self._source, asked.get("query_location", -1))
        if at.get("unit") != "VERSION" or not number or number < 1 or span is None:
            raise self._refused(seen, "A dataset is read at the number of a version.", "Write AT (VERSION => 3).")
        return number, span

    def _show(self, seen: Seen) -> None:
        if "query" not in seen.node or seen.node.get("show_type") not in _SHOWN:
            raise self._refused(
                seen,
                "SHOW lists what lies in the engine, which is nothing of yours.",
                "The catalog lists datasets; DESCRIBE one.",
            )

    def _table_function(self, seen: Seen) -> None:
        called = seen.node.get("function", {})
        name = small(called.get("function_name", ""))
        if called.get("class") != "FUNCTION" or called.get("schema") or called.get("catalog"):
            raise self._refused(seen, "This cannot stand in FROM.")
        if name not in functions.ALLOWED_TABLES:
            raise self._forbidden(seen, name, functions.ALLOWED_TABLES)
        self.functions.add(name)
        self._in_from.add(id(called))

    def _function(self, seen: Seen) -> None:
        if id(seen.node) in self._in_from:
            return
        name = small(seen.node["function_name"])
        called_on = [small(seen.node[part]) for part in ("catalog", "schema") if seen.node.get(part)]
        # What is no schema of DuckDB's is a column: `name.upper()`. The parser itself writes `main` before some.
        if called_on != ["main"] and _OWN_SCHEMAS.intersection(called_on):
            raise self._refused(seen, f"Functions are called by their name alone, without {'.'.join(called_on)}.")
        if name not in functions.ALLOWED:
            raise self._forbidden(seen, name, functions.ALLOWED)
        if seen.node.get("export_state"):
            raise self._refused(seen, "EXPORT_STATE is not offered here.")
        if name in functions.CALLS_BY_NAME:
            self._called_by_name(seen, 0 if called_on and called_on != ["main"] else 1)
        self.functions.add(name)

    def _called_by_name(self, seen: Seen, place: int) -> None:
        arguments = seen.node.get("children", [])
        named = arguments[place].get("value", {}).get("value") if place < len(arguments) else None
        if not isinstance(named, str) or small(named) not in functions.AGGREGATES:
            raise self._refused(
                seen,
                f"{seen.node['function_name']} takes the name of an aggregate as a plain text.",
                "Write list_aggregate(l, 'sum').",
            )

    def _operator(self, seen: Seen) -> None:
        if seen.node["type"] not in shapes.OPERATORS:
            raise self._refused(seen, f"This is not offered here ({seen.node['type']}).")

    def _parameter(self, seen: Seen) -> None:
        name = seen.node["identifier"]
        if not name.isidentifier():
            raise self._refused(seen, "Parameters have names: one without moves when the text before it changes.", "Write $name.")
        self.parameters.add(name)

    def _column(self, seen: Seen) -> None:
        names = seen.node["column_names"]
        if len(names) == 1 and small(names[0]) in _DISGUISED:
            raise self._forbidden(seen, small(names[0]), frozenset())

    def _collation(self, seen: Seen) -> None:
        named = seen.node.get("collation", "binary")
        if not set(small(named).split(".")) <= _COLLATIONS:
            raise self._refused(seen, f"There is no collation {named} here.", "NOCASE and NOACCENT there are.")

    def _type(self, seen: Seen) -> None:
        if seen.node.get("id") not in _TYPES:
            raise self._refused(seen, f"The type {seen.node.get('id')} is not offered here.")

    def _named_type(self, seen: Seen) -> None:
        if small(seen.node.get("name", "")) not in _NAMED_TYPES:
            raise self._refused(seen, f"There is no type {seen.node.get('name')}.")

    def _forbidden(self, seen: Seen, name: str, known: frozenset[str]) -> Rejected:
        if reason := functions.reason_against(name):
            return self._refused(seen, f"{name} is not offered here: it {reason}.")
        near = meant(name, known)
        return self._refused(seen, f"There is no function {name} here.", f"Did you mean {near}?" if near else "")

    def _refused(self, seen: Seen, message: str, hint: str = "") -> Rejected:
        return Rejected(message, position=self._source.position(seen.offset), hint=hint)
