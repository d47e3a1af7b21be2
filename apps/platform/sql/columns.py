"""Which columns of each dataset a query reads: what the audit says, and what decides about personal data.

It errs to one side only. A name counts for every table around it that has such a column, wherever it stands; a star for all
columns but those it excludes. A star inside a query in FROM or in a WITH is read as far as the query around it asks, and only
where nothing but the names decides that: after DISTINCT, GROUP BY, a set operation, or an order by number, every column counts.
What is not understood counts as everything. Names of columns are not their values: DESCRIBE reads none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from apps.platform.sql.shapes import Sort, Unknown, children
from apps.platform.sql.statement import Node, Reference, Statement, small
from apps.platform.sql.wanted import Table, Wanted

Schemas = Mapping[Reference, Mapping[str, str]]


def columns_of(statement: Statement, schemas: Schemas) -> Mapping[Reference, frozenset[str]]:
    """`schemas`: the columns of each of the statement's references, with their types. The answer writes them as they do."""
    reading = _Reading(statement, schemas)
    try:
        reading.query(statement.tree["node"], Wanted.everything(), None)
    except (Unknown, RecursionError, KeyError):
        return {reference: frozenset(schemas[reference]) for reference in statement.references}
    return {reference: frozenset(reading.read[reference]) for reference in statement.references}


class Names(NamedTuple):
    """The CTEs that are seen at a place, the nearest first. None in place of one: a recursive one inside itself."""

    name: str
    cte: Cte | None
    outer: Names | None


@dataclass
class Cte:
    node: Node
    table: Table
    around: Names | None


@dataclass
class From:
    """What stands in one FROM; of it the queries inside, and the datasets."""

    tables: list[Table] = field(default_factory=list)
    queries: list[tuple[Node, Table]] = field(default_factory=list)
    datasets: list[tuple[Reference, Table]] = field(default_factory=list)

    def add_all(self) -> None:
        for table in self.tables:
            table.wanted.add_all()

    def take(self, node: Node, sort: Sort) -> None:
        """What stands anywhere below a FROM may be of its columns."""
        if sort is Sort.TABLE and node.get("ref_type") == "NATURAL":
            self.add_all()
        for names in _named(node, sort):
            for table in self.tables:
                table.take(names)


class _Reading:
    def __init__(self, statement: Statement, schemas: Schemas) -> None:
        self.read: dict[Reference, set[str]] = {reference: set() for reference in statement.references}
        self._statement = statement
        self._written = {reference: {small(name): name for name in schemas[reference]} for reference in statement.references}
        # By number a column is found among all that stand before it.
        self._by_number = any(node.get("class") == "POSITIONAL_REFERENCE" for node, _ in _beneath(statement.tree, Sort.STATEMENT))

    def query(self, node: Node, wanted: Wanted, names: Names | None) -> None:
        """A query, and after it its CTEs, the last one first: then it is known what is wanted of each."""
        ctes: list[Cte] = []
        for entry in node.get("cte_map", {}).get("map", []):
            given = Wanted.everything() if entry["value"].get("aliases") else Wanted()
            cte = Cte(entry["value"]["query"]["node"], Table(small(entry["key"]), given), names)
            names = Names(cte.table.alias, cte, names)
            ctes.append(cte)
        if node["type"] == "SELECT_NODE":
            self._select(node, wanted, names)
        else:
            self._both(node, names)
        for cte in reversed(ctes):
            self.query(cte.node, cte.table.wanted, cte.around)

    def _both(self, node: Node, names: Names | None) -> None:
        """Of a set operation columns are matched by their place, and rows by all of them."""
        within = Names(small(node["cte_name"]), None, names) if node["type"] == "RECURSIVE_CTE_NODE" else names
        self.query(node["left"], Wanted.everything(), names)
        self.query(node["right"], Wanted.everything(), within)
        self._expressions(node, within)

    def _select(self, node: Node, wanted: Wanted, names: Names | None) -> None:
        source = From()
        self._from(node.get("from_table", {}), names, source)
        stars = [one for one in node.get("select_list", []) if _is_plain_star(one)]
        own = {id(one) for one in stars}
        for found, sort in _beneath(node, Sort.QUERY):
            if id(found) not in own:
                source.take(found, sort)
        self._stars(node, stars, wanted, source)
        for reference, table in source.datasets:
            written = self._written[reference].items()
            self.read[reference] |= {name for key, name in written if self._by_number or table.wanted.has(key)}
        for query, table in source.queries:
            self.query(query, table.wanted, names)
        self._expressions(node, names)

    def _expressions(self, node: Node, names: Names | None) -> None:
        for found, sort in _own(node):
            if sort is Sort.EXPRESSION and found["class"] == "SUBQUERY":
                asked = Wanted() if found.get("subquery_type") == "EXISTS" else Wanted.everything()
                self.query(found["subquery"]["node"], asked, names)

    def _from(self, node: Node, names: Names | None, into: From) -> None:
        if node.get("type") == "JOIN":
            self._from(node["left"], names, into)
            self._from(node["right"], names, into)
        elif node.get("type") == "PIVOT":
            # What is not turned is what the rest is grouped by, so all of it counts.
            turned = From()
            self._from(node["source"], names, turned)
            turned.add_all()
            into.tables += [*turned.tables, Table(small(node.get("alias", "")))]
            into.queries += turned.queries
            into.datasets += turned.datasets
        elif node:
            self._table(node, names, into)

    def _table(self, node: Node, names: Names | None, into: From) -> None:
        table = Table(small(node.get("alias", "") or node.get("table_name", "")))
        if use := self._statement.nodes.get(id(node)):
            table.columns = frozenset(self._written[use.reference])
            into.datasets.append((use.reference, table))
        elif node["type"] == "BASE_TABLE":
            cte = _cte(small(node["table_name"]), names)
            # Whatever is taken here is taken of the CTE, to which every place that names it adds.
            table.wanted = cte.table.wanted if cte else table.wanted
        elif node["type"] == "SUBQUERY":
            into.queries.append((node["subquery"]["node"], table))
        elif node["type"] == "SHOW_REF" and node["show_type"] == "SUMMARY":
            table.wanted.add_all()
            into.queries.append((node["query"], table))
        # Columns that are named anew are known by their place.
        if node.get("column_name_alias"):
            table.wanted.add_all()
        into.tables.append(table)

    def _stars(self, node: Node, stars: Sequence[Node], wanted: Wanted, source: From) -> None:
        # Of two columns of one name only the first is excluded by it: the second has a number.
        is_alone = len(node["select_list"]) == 1 and len(source.tables) == 1
        if self._by_number or not _only_names_decide(node) or (wanted.all and not is_alone):
            wanted = Wanted.everything()
        for star in stars:
            for table in source.tables:
                _take_star(star, wanted, table)
        skipped = {id(one) for one in (*stars, *_orders_by_all(node))}
        if any(id(found) not in skipped and found.get("class") == "STAR" for found, _ in _own(node)):
            source.add_all()


def _named(node: Node, sort: Sort) -> list[list[str]]:
    """The names in it that may be columns, each with what stands before and after its points."""
    if sort is Sort.TABLE:
        return [[small(name)] for name in node.get("using_columns", [])]
    if sort is not Sort.EXPRESSION:
        return []
    if node["class"] == "COLUMN_REF":
        return [[small(name) for name in node["column_names"]]]
    if node["class"] == "STAR":
        return [[small(node["relation_name"])]] if node.get("relation_name") else []
    # `name.upper()` is read as a function in a schema.
    called_on = [small(node[part]) for part in ("catalog", "schema") if node.get(part)]
    return [called_on] if called_on else []


def _take_star(star: Node, wanted: Wanted, table: Table) -> None:
    of = small(star.get("relation_name", ""))
    if of and of != table.alias:
        # What is no table is a column with columns in it.
        table.take([of])
        return
    without = {small(name) for name in star.get("exclude_list", [])}
    without |= {small(one["key"]) for one in star.get("replace_list", [])}
    without |= {small(one["column"]) for one in star.get("qualified_exclude_list", []) if small(one["table"]) == table.alias}
    if star.get("rename_list"):
        table.wanted.add_all(without)
    elif wanted.all:
        table.wanted.add_all(without | wanted.names)
    else:
        for name in wanted.names - without:
            table.wanted.add(name)


def _is_plain_star(node: Node) -> bool:
    return node["class"] == "STAR" and not node.get("columns") and "expr" not in node


def _only_names_decide(node: Node) -> bool:
    """Whether a column of a star that nobody asks for makes no difference."""
    if node.get("group_expressions") or node.get("group_sets") or node.get("aggregate_handling") != "STANDARD_HANDLING":
        return False
    modifiers = node.get("modifiers", [])
    orders = [order["expression"]["class"] for modifier in modifiers for order in modifier.get("orders", [])]
    return all(one["type"] != "DISTINCT_MODIFIER" for one in modifiers) and set(orders) <= {"COLUMN_REF", "FUNCTION"}


def _orders_by_all(node: Node) -> Iterator[Node]:
    for modifier in node.get("modifiers", []):
        for order in modifier.get("orders", []):
            if order["expression"]["class"] == "STAR":
                yield order["expression"]


def _cte(name: str, names: Names | None) -> Cte | None:
    while names is not None:
        if names.name == name:
            return names.cte
        names = names.outer
    raise KeyError(name)


def _beneath(node: Node, sort: Sort) -> Iterator[tuple[Node, Sort]]:
    """All that is below but its own CTEs, which cannot see what it reads from."""
    left: list[tuple[Node, Sort]] = [(found, inner) for _, found, inner in children(node, sort) if inner is not Sort.CTES]
    while left:
        one = left.pop()
        yield one
        left += [(found, inner) for _, found, inner in children(*one)]


def _own(node: Node) -> Iterator[tuple[Node, Sort]]:
    """What it says itself: nothing of the queries in its FROM, and those in its expressions only as they are called."""
    left: list[tuple[Node, Sort]] = [
        (found, inner) for _, found, inner in children(node, Sort.QUERY) if inner not in {Sort.CTES, Sort.QUERY}
    ]
    while left:
        found, sort = left.pop()
        yield found, sort
        left += [(one, inner) for _, one, inner in children(found, sort) if inner not in {Sort.STATEMENT, Sort.QUERY}]
