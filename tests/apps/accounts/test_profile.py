"""What somebody changes about themself is checked wherever it comes from."""

from __future__ import annotations

import pytest

from apps.accounts import services
from apps.audit.domain import Actor
from apps.platform.errors import Invalid
from tests.factories import Persona

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", ["", "  ", "\x07", "a" * 121])
def test_nobody_is_without_a_name(reader: Persona, name: str) -> None:
    with pytest.raises(Invalid) as refused:
        services.change_person(reader.person, name=name, by=Actor.system("tests"))
    assert refused.value.code == "bad_name"
