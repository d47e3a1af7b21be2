"""The kinds of nodes a tree may be made of, and of each its fields. What stands not here is refused, so that another version of
DuckDB, or a corner of this one, cannot bring in a way to read that nobody looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum, auto
from typing import Any

from apps.platform.sql.statement import Node


class Sort(Enum):
    """What stands in a field. INERT: words, numbers and lists of them. DATA: a value that nothing in it can run."""

    INERT = auto()
    DATA = auto()
    STATEMENT = auto()
    QUERY = auto()
    TABLE = auto()
    EXPRESSION = auto()
    MODIFIER = auto()
    ORDER = auto()
    CASE = auto()
    SAMPLE = auto()
    TYPE = auto()
    TYPE_INFO = auto()
    MEMBER = auto()
    VALUE = auto()
    CTES = auto()
    NAMED_CTE = auto()
    CTE = auto()
    REPLACEMENT = auto()
    PIVOT = auto()
    PIVOT_ENTRY = auto()
    AT = auto()


Fields = Mapping[str, Sort]
_I, _E, _T, _Q, _V = Sort.INERT, Sort.EXPRESSION, Sort.TABLE, Sort.QUERY, Sort.VALUE
_ON_EXPRESSIONS: Fields = {"class": _I, "type": _I, "alias": _I, "query_location": _I}
_ON_TABLES: Fields = {"type": _I, "alias": _I, "query_location": _I, "sample": Sort.SAMPLE}
_ON_QUERIES: Fields = {"type": _I, "modifiers": Sort.MODIFIER, "cte_map": Sort.CTES}
_CALLED: Fields = {"function_name": _I, "schema": _I, "catalog": _I, "children": _E}

EXPRESSIONS: Mapping[str, Fields] = {
    "BETWEEN": {"input": _E, "lower": _E, "upper": _E},
    "CASE": {"case_checks": Sort.CASE, "else_expr": _E},
    "CAST": {"child": _E, "cast_type": Sort.TYPE, "try_cast": _I},
    "COLLATE": {"child": _E, "collation": _I},
    "COLUMN_REF": {"column_names": _I},
    "COMPARISON": {"left": _E, "right": _E},
    "CONJUNCTION": {"children": _E},
    "CONSTANT": {"value": _V},
    "FUNCTION": {**_CALLED, "filter": _E, "order_bys": Sort.MODIFIER, "distinct": _I, "is_operator": _I, "export_state": _I},
    "LAMBDA": {"lhs": _E, "expr": _E},
    "OPERATOR": {"children": _E},
    "PARAMETER": {"identifier": _I},
    "POSITIONAL_REFERENCE": {"index": _I},
    "STAR": {
        "relation_name": _I, "exclude_list": _I, "replace_list": Sort.REPLACEMENT, "columns": _I, "expr": _E,
        "qualified_exclude_list": Sort.DATA, "rename_list": Sort.DATA,
    },
    "SUBQUERY": {"subquery_type": _I, "subquery": Sort.STATEMENT, "child": _E, "comparison_type": _I},
    "WINDOW": {
        **_CALLED, "partitions": _E, "orders": Sort.ORDER, "start": _I, "end": _I, "start_expr": _E, "end_expr": _E,
        "offset_expr": _E, "default_expr": _E, "ignore_nulls": _I, "filter_expr": _E, "exclude_clause": _I, "distinct": _I,
        "arg_orders": Sort.ORDER,
    },
}  # fmt: skip
# Beside its class a node has a type, which says what is done: a class of many types could grow one that does more.
OPERATORS = frozenset({
    "ARRAY_CONSTRUCTOR", "ARRAY_EXTRACT", "ARRAY_SLICE", "COMPARE_IN", "COMPARE_NOT_IN", "GROUPING_FUNCTION",
    "OPERATOR_COALESCE", "OPERATOR_IS_NOT_NULL", "OPERATOR_IS_NULL", "OPERATOR_NOT", "OPERATOR_TRY", "OPERATOR_UNPACK",
    "STRUCT_EXTRACT",
})  # fmt: skip
TABLES: Mapping[str, Fields] = {
    "BASE_TABLE": {"schema_name": _I, "table_name": _I, "catalog_name": _I, "column_name_alias": _I, "at_clause": Sort.AT},
    "EMPTY": {},
    "EXPRESSION_LIST": {"expected_names": _I, "expected_types": Sort.TYPE, "values": _E},
    "JOIN": {
        "left": _T, "right": _T, "condition": _E, "join_type": _I, "ref_type": _I, "using_columns": _I,
    },
    "PIVOT": {
        "source": _T, "aggregates": _E, "unpivot_names": _I, "pivots": Sort.PIVOT, "groups": _I, "column_name_alias": _I,
        "include_nulls": _I,
    },
    "SHOW_REF": {"table_name": _I, "query": _Q, "show_type": _I},
    "SUBQUERY": {"subquery": Sort.STATEMENT, "column_name_alias": _I},
    "TABLE_FUNCTION": {"function": _E, "column_name_alias": _I, "with_ordinality": _I},
}  # fmt: skip
QUERIES: Mapping[str, Fields] = {
    "SELECT_NODE": {
        "select_list": _E, "from_table": _T, "where_clause": _E, "group_expressions": _E, "group_sets": _I,
        "aggregate_handling": _I, "having": _E, "sample": Sort.SAMPLE, "qualify": _E,
    },
    "SET_OPERATION_NODE": {"setop_type": _I, "setop_all": _I, "left": _Q, "right": _Q},
    "RECURSIVE_CTE_NODE": {"cte_name": _I, "union_all": _I, "left": _Q, "right": _Q, "aliases": _I, "key_targets": _E},
}  # fmt: skip
MODIFIERS: Mapping[str, Fields] = {
    "DISTINCT_MODIFIER": {"distinct_on_targets": _E},
    "LIMIT_MODIFIER": {"limit": _E, "offset": _E},
    "LIMIT_PERCENT_MODIFIER": {"limit": _E, "offset": _E},
    "ORDER_MODIFIER": {"orders": Sort.ORDER},
}
_TYPE_INFOS: Mapping[str, Fields] = {
    "ARRAY_TYPE_INFO": {"child_type": Sort.TYPE, "size": _I},
    "DECIMAL_TYPE_INFO": {"width": _I, "scale": _I},
    "LIST_TYPE_INFO": {"child_type": Sort.TYPE},
    "STRING_TYPE_INFO": {"collation": _I},
    "STRUCT_TYPE_INFO": {"child_types": Sort.MEMBER},
    "UNBOUND_TYPE_INFO": {"name": _I, "user_type_modifiers": _V},
}
_PLAIN: Mapping[Sort, Fields] = {
    Sort.STATEMENT: {"node": _Q, "named_param_map": Sort.DATA},
    Sort.ORDER: {"type": _I, "null_order": _I, "expression": _E},
    Sort.CASE: {"when_expr": _E, "then_expr": _E},
    Sort.SAMPLE: {"sample_size": _V, "is_percentage": _I, "method": _I, "seed": _I},
    Sort.TYPE: {"id": _I, "type_info": Sort.TYPE_INFO},
    Sort.MEMBER: {"first": _I, "second": Sort.TYPE},
    Sort.VALUE: {"type": Sort.TYPE, "is_null": _I, "value": Sort.DATA},
    Sort.CTES: {"map": Sort.NAMED_CTE},
    Sort.NAMED_CTE: {"key": _I, "value": Sort.CTE},
    Sort.CTE: {"aliases": _I, "query": Sort.STATEMENT, "materialized": _I, "key_targets": _E},
    Sort.REPLACEMENT: {"key": _I, "value": _E},
    Sort.PIVOT: {"pivot_expressions": _E, "unpivot_names": _I, "entries": Sort.PIVOT_ENTRY},
    Sort.PIVOT_ENTRY: {"values": _V, "star_expr": _E, "alias": _I},
    Sort.AT: {"unit": _I, "expr": _E},
}
_TAGGED: Mapping[Sort, tuple[str, Mapping[str, Fields], Fields]] = {
    Sort.EXPRESSION: ("class", EXPRESSIONS, _ON_EXPRESSIONS),
    Sort.TABLE: ("type", TABLES, _ON_TABLES),
    Sort.QUERY: ("type", QUERIES, _ON_QUERIES),
    Sort.MODIFIER: ("type", MODIFIERS, {"type": _I}),
    Sort.TYPE_INFO: ("type", _TYPE_INFOS, {"type": _I, "alias": _I}),
}


class Unknown(Exception):
    """A node or a field that no list has."""


def tag(node: Node, sort: Sort) -> str:
    """Its kind among its sort."""
    return str(node.get(_TAGGED[sort][0], "")) if sort in _TAGGED else ""


def children(node: Node, sort: Sort) -> Iterator[tuple[str, Node, Sort]]:
    """Field by field what is in it. Raises Unknown for whatever is in no list: every way through a tree goes through here."""
    fields = _fields(node, sort)
    for name, value in node.items():
        inner = fields.get(name)
        if inner is None:
            raise Unknown(f"{tag(node, sort) or sort.name}.{name}")
        if inner is Sort.DATA:
            continue
        for one in _flat(value):
            if isinstance(one, dict) and inner is not Sort.INERT:
                yield name, one, inner
            elif isinstance(one, dict) or inner is not Sort.INERT:
                raise Unknown(f"{tag(node, sort) or sort.name}.{name}")


def _fields(node: Node, sort: Sort) -> Fields:
    if sort not in _TAGGED:
        return _PLAIN[sort]
    _, kinds, common = _TAGGED[sort]
    kind = tag(node, sort)
    if kind not in kinds:
        raise Unknown(kind or sort.name)
    return {**common, **kinds[kind]}


def _flat(value: Any) -> Iterator[Any]:
    """The lists of a tree are two deep at most: rows of VALUES, sets of groups."""
    if not isinstance(value, list):
        yield value
        return
    for one in value:
        if isinstance(one, list):
            yield from one
        else:
            yield one
