"""What people write passes, and means the same under the names of what is pinned."""

from __future__ import annotations

import pytest

from apps.platform.sql.gate import read
from apps.platform.sql.rewriting import rewrite
from tests.platform.sql import good, world


@pytest.mark.parametrize("sql", good.QUERIES)
def test_a_good_query_answers_the_same_under_other_names(sql: str) -> None:
    statement = read(sql)

    rewritten = rewrite(statement, world.names_of(statement))

    assert world.rows(world.by_pin(), rewritten) == world.rows(world.by_name(), sql)
