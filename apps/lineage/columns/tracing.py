"""Follows columns through the scopes of a query that is qualified: what it selects from, down to tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sqlglot import exp

from operators.sdk.declaration import EVERY
from operators.sdk.words import Derivation

# Table, column, and what became of it on the way.
Found = tuple[str, str, Derivation]
_RANK = {Derivation.IDENTITY: 0, Derivation.TRANSFORMATION: 1, Derivation.AGGREGATION: 2, Derivation.INDIRECT: 3}
# What of a SELECT decides which rows there are, or in what order.
_DECIDING = ("where", "having", "qualify", "group", "order", "distinct")


class Tracer:
    """`unplaced`: columns of which nobody can say whose they are."""

    def __init__(self) -> None:
        self.unplaced: set[str] = set()
        self._known: dict[tuple[int, str], set[Found]] = {}

    def names(self, scope: Any) -> list[str]:
        scope = _first(scope)
        return [EVERY if one.is_star else one.alias_or_name for one in scope.expression.selects]

    def column(self, scope: Any, name: str) -> set[Found]:
        key = (id(scope), name)
        if key not in self._known:
            # A recursive table reads itself: what is not found yet adds nothing.
            self._known[key] = set()
            self._known[key] = self._column(scope, name)
        return self._known[key]

    def _column(self, scope: Any, name: str) -> set[Found]:
        if scope.set_operation_scopes:
            return self._of_both(scope, name)
        return {
            found
            for select in getattr(scope.expression, "selects", [])
            if select.is_star or name in {EVERY, select.alias_or_name}
            for found in self._of_select(scope, select, name)
        }

    def _of_both(self, scope: Any, name: str) -> set[Found]:
        """By place, unless the union says by name."""
        left, right = scope.set_operation_scopes
        place = self.names(left).index(name) if name in self.names(left) else -1
        others = self.names(right)
        by_name = scope.expression.args.get("by_name") or not 0 <= place < len(others)
        return self.column(left, name) | self.column(right, name if by_name else others[place])

    def _of_select(self, scope: Any, select: Any, name: str) -> set[Found]:
        if select.is_star:
            return self._of_star(scope, select, name)
        expression = select.unalias()
        found: set[Found] = set()
        for column in expression.find_all(exp.Column):
            if not _is_nested(column, expression):
                found |= self._as(self._source(scope, column), _derivation(column, expression))
        for query in scope.subquery_scopes:
            if _is_below(query.expression, expression):
                inner = {one for each in self.names(query) for one in self.column(query, each)}
                found |= self._as(inner, Derivation.TRANSFORMATION) | self.deciding(query)
        return found

    def _of_star(self, scope: Any, select: Any, name: str) -> set[Found]:
        """Of tables whose columns are not known: everything, as it is; a column that is asked for by its name, from any of them."""
        whose = getattr(select, "table", "")
        sources = [source for alias, source in scope.sources.items() if alias in scope.selected_sources and whose in {"", alias}]
        return {found for source in sources for found in self._of(source, name)}

    def _source(self, scope: Any, column: Any) -> set[Found]:
        reached = scope
        while reached is not None:
            if column.table and column.table in reached.sources:
                return self._of(reached.sources[column.table], column.name)
            reached = reached.parent
        if not column.table and len(scope.selected_sources) == 1:
            ((_, source),) = scope.selected_sources.values()
            return self._of(source, column.name)
        # A table that reads itself is shown to itself without what it reads: what it adds comes from where it began.
        if scope.sources:
            self.unplaced.add(column.name)
        return set()

    def _of(self, source: Any, name: str) -> set[Found]:
        if isinstance(source, exp.Table):
            return {(_named(source), name, Derivation.IDENTITY)} if isinstance(source.this, exp.Identifier) else set()
        return self.column(source, name)

    def deciding(self, scope: Any) -> set[Found]:
        """What decides which rows there are, in the query and in all that it reads."""
        found: set[Found] = set()
        for one in scope.traverse():
            if isinstance(one.expression, exp.Select):
                for part in _deciding_parts(one.expression):
                    for column in part.find_all(exp.Column):
                        found |= self._as(self._source(_scope_of(one, column), column), Derivation.INDIRECT)
        return found

    @staticmethod
    def _as(found: Iterable[Found], derivation: Derivation) -> set[Found]:
        return {(table, name, max(how, derivation, key=_RANK.__getitem__)) for table, name, how in found}


def _first(scope: Any) -> Any:
    while scope.set_operation_scopes:
        scope = scope.set_operation_scopes[0]
    return scope


def _named(table: Any) -> str:
    return ".".join(part for part in (table.db, table.name) if part)


def _scope_of(scope: Any, column: Any) -> Any:
    """A column below a nested query is of that query, which looks outwards by itself."""
    for inner in scope.subquery_scopes:
        if any(one is column for one in inner.columns):
            return inner
    return scope


def _deciding_parts(select: Any) -> Iterator[Any]:
    yield from (part for name in _DECIDING if (part := select.args.get(name)))
    for join in select.args.get("joins") or []:
        if on := join.args.get("on"):
            yield on


def _derivation(column: Any, expression: Any) -> Derivation:
    if column is expression:
        return Derivation.IDENTITY
    above, below = column.parent, column
    while above is not None:
        if isinstance(above, exp.Window) and above.this is not below:
            return Derivation.INDIRECT
        if isinstance(above, exp.AggFunc):
            return Derivation.AGGREGATION
        if above is expression:
            break
        above, below = above.parent, above
    return Derivation.TRANSFORMATION


def _is_nested(node: Any, top: Any) -> bool:
    """Whether it is of a query inside the expression, and not of the expression itself."""
    while node is not top:
        node = node.parent
        if isinstance(node, exp.Query):
            return True
    return False


def _is_below(node: Any, top: Any) -> bool:
    while node is not None and node is not top:
        node = node.parent
    return node is top
