"""What must not run is refused, and says why in a sentence."""

from __future__ import annotations

import pytest

from apps.platform.sql.gate import read
from apps.platform.sql.rejection import Rejected
from tests.platform.sql import attacks


@pytest.mark.parametrize("sql", attacks.REJECTED)
def test_an_attack_is_refused(sql: str) -> None:
    with pytest.raises(Rejected) as refusal:
        read(sql)

    assert refusal.value.code == "SQL_REJECTED"
    assert refusal.value.message.endswith(".")


@pytest.mark.parametrize("sql", attacks.SYNTAX)
def test_what_is_no_sql_is_refused(sql: str) -> None:
    with pytest.raises(Rejected) as refusal:
        read(sql)

    assert refusal.value.code == "SQL_SYNTAX"
