"""The text with the names under which the engine has what was pinned. Nothing else in it changes.

It is done at the places in the text, and then proved: the result is parsed again, and its tree must be the one that was let
through with just those names exchanged. Writing the tree out again (`json_deserialize_sql`) would need no places, but what it
writes is another text than the person's, and where it writes something wrong, nobody notices.
"""

from __future__ import annotations

from collections.abc import Mapping

from apps.platform.sql.parsing import tree_of
from apps.platform.sql.rejection import Rejected, in_doubt
from apps.platform.sql.sameness import mean_the_same
from apps.platform.sql.statement import Node, Reference, Statement, Use, small
from apps.platform.sql.text import weighed


def rewrite(statement: Statement, names: Mapping[Reference, str]) -> str:
    """`names`: one relation for each of the statement's references. The names of datasets stay as aliases, so `blocks.number`
    reads on.
    """
    taken = statement.ctes.intersection(map(small, names.values()))
    if taken:
        raise Rejected(f"A WITH clause cannot name a table {min(taken)} here.", hint="Give it another name.")
    data = statement.source.data
    for use in sorted(statement.uses, key=lambda use: use.name_span, reverse=True):
        for (start, end), new in _changes(use, names[use.reference]):
            data = data[:start] + new.encode() + data[end:]
    _prove(statement, data, names)
    return statement.prefix + data[len(statement.prefix.encode()) :].decode()


def _changes(use: Use, name: str) -> list[tuple[tuple[int, int], str]]:
    """The last place first."""
    alias = "" if use.alias or use.is_bare else f" AS {_quoted(use.reference.parts[-1])}"
    changes = [(use.name_span, _quoted(name) + alias)]
    return [(use.at_span, ""), *changes] if use.at_span else changes


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _prove(statement: Statement, data: bytes, names: Mapping[Reference, str]) -> None:
    def exchanged(node: Node) -> Node:
        use = statement.nodes.get(id(node))
        if use is None:
            return node
        kept = {name: value for name, value in node.items() if name not in {"at_clause", "catalog_name", "schema_name"}}
        alias = {} if use.is_bare and not use.alias else {"alias": use.alias or use.reference.parts[-1]}
        return {**kept, **alias, "table_name": names[use.reference]}

    if not mean_the_same(statement.tree, tree_of(weighed(data.decode())), exchanged):
        raise in_doubt()
