"""An e-mail address names one person, however it is written."""

from __future__ import annotations

import pytest

from apps.accounts.domain import normalise_domain, normalise_email
from apps.audit.domain import Actor
from apps.orgs.models import Org
from apps.orgs.services import invite
from apps.platform.errors import Invalid
from tests.factories import NOON


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("  Ann@Example.COM ", "ann@example.com"),
        ("jürgen@example.com", "jürgen@example.com"),
        ("ann@BÜCHER.example", "ann@xn--bcher-kva.example"),
        ("ann@xn--bcher-kva.example", "ann@xn--bcher-kva.example"),
        ("ann@straße.example", "ann@xn--strae-oqa.example"),
    ],
)
def test_ways_to_write_one_address(written: str, meant: str) -> None:
    assert normalise_email(written) == meant
    assert normalise_email(meant) == meant


def test_a_look_alike_domain_looks_different() -> None:
    assert normalise_email("ann@exаmple.com") == "ann@xn--exmple-4nf.com"


@pytest.mark.parametrize(
    "raw", ["", "ann", "ann@", "@example.com", "ann@example", "ann@@example.com", "a b@example.com", "ann@exa\u200bmple.com",
            "ann\u200b@example.com", "ann@-example.com", "ann@example..com", f"ann@{'a' * 64}.com", "ann@exam_ple.com", "ann\x00@example.com"],
)  # fmt: skip
def test_what_is_no_address(raw: str) -> None:
    with pytest.raises(Invalid) as refused:
        normalise_email(raw)
    assert refused.value.code == "bad_email"


@pytest.mark.parametrize(
    "raw", ["straße@example.com", "ﬁona@example.com", "jaſon@example.com", "ａnn@example.com", "jÜrgen@example.com",
            "ju\u0308rgen@example.com", "\u212aim@example.com", "ann@ｅxample.com", "ann@example。com", "ann@\u212aim.com",
            "ann@exa\u00admple.com", "\ud800@example.com", "ann@\ud800.com"],
)  # fmt: skip
def test_what_could_be_the_address_of_somebody_else_is_refused_and_not_mapped(raw: str) -> None:
    with pytest.raises(Invalid) as refused:
        normalise_email(raw)
    assert refused.value.code == "bad_email"


def test_an_address_is_as_long_as_its_column_and_no_longer() -> None:
    domain = "@" + "ü" * 40 + ".example"
    grown = len(normalise_email("a" + domain)) - 1

    assert len(normalise_email("a" * (254 - grown) + domain)) == 254
    with pytest.raises(Invalid) as refused:
        normalise_email("a" * (255 - grown) + domain)
    assert refused.value.code == "bad_email"


def test_an_invitation_to_such_an_address_is_refused(org: Org) -> None:
    with pytest.raises(Invalid) as refused:
        invite(org, email="straße@example.com", role="reader", by=Actor.system("tests"), now=NOON)
    assert refused.value.code == "bad_email"


@pytest.mark.parametrize(
    "raw", ["", "example", "*.example.com", "http://example.com", "example.com/", "-a.com", "a..com", "ex ample.com"]
)
def test_what_is_no_domain(raw: str) -> None:
    with pytest.raises(Invalid) as refused:
        normalise_domain(raw)
    assert refused.value.code == "bad_domain"
