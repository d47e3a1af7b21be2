"""The tree of errors, as its picture says."""

from __future__ import annotations

import re

import pytest

from apps.platform import errors
from apps.platform.errors import TraceError, UserError


def classes(root: type[TraceError] = TraceError) -> list[type[TraceError]]:
    return [root, *(found for child in root.__subclasses__() if child.__module__ == errors.__name__ for found in classes(child))]


def test_the_picture_shows_every_class() -> None:
    drawn = re.findall(r"([A-Z]\w+Error|[A-Z]\w+)(?=\s{2,}|\n)", (errors.__doc__ or "").split("\n\n")[1])

    assert {cls.__name__ for cls in classes()} <= set(drawn)


@pytest.mark.parametrize("cls", [cls for cls in classes() if issubclass(cls, UserError) and cls is not UserError])
def test_what_a_user_can_put_right_has_a_status_and_a_code_of_its_own(cls: type[UserError]) -> None:
    assert 400 <= cls.status <= 501
    assert re.fullmatch(r"[a-z_]+", cls.code)
    assert re.search(rf"{cls.__name__}\s+{cls.status}\b", errors.__doc__ or "")


def test_codes_do_not_repeat() -> None:
    codes = [cls.code for cls in classes() if issubclass(cls, UserError) and cls is not UserError]

    assert len(codes) == len(set(codes))


def test_one_raise_may_say_more() -> None:
    error = errors.Conflict("Taken.", code="slug_taken", detail={"slug": "acme"})

    assert (str(error), error.code, error.status, error.detail) == ("Taken.", "slug_taken", 409, {"slug": "acme"})
    assert errors.Conflict("x").code == "conflict"
