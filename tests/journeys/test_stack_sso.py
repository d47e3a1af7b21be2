"""The stack's own provider: the demo people sign in at it, and it comes back like everything else."""

from __future__ import annotations

import stat
from urllib.parse import urljoin, urlsplit

import httpx
import psutil
import pytest

from tests.journeys.stack import StackProcess, wait_until

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("stack")]


def sign_in(stack: StackProcess, email: str, password: str) -> httpx.Response:
    """The first answer that asks for something, or the page that the person ended on."""
    with httpx.Client(follow_redirects=True, timeout=20) as browser:
        page = browser.get(f"{stack.url}/sso/demo/start")
        assert urlsplit(str(page.url)).netloc == urlsplit(stack.facts["urls"]["sso"]).netloc
        browser.post(page.url, data={"email": email, "password": password})
        return browser.get(urljoin(stack.url, "/v1/me"))


@pytest.mark.parametrize("key", ["admin", "writer", "reader", "analyst", "stranger"])
def test_a_demo_person_signs_in_with_the_same_password(stack: StackProcess, key: str) -> None:
    person = stack.facts["demo"]["people"][key]

    assert sign_in(stack, person["email"], person["password"]).json()["email"] == person["email"]


def test_the_provider_asks_for_the_password(stack: StackProcess) -> None:
    """Otherwise everybody on the machine could be everybody in Trace."""
    person = stack.facts["demo"]["people"]["admin"]

    assert sign_in(stack, person["email"], "wrong").status_code == 401


def test_the_sign_in_page_offers_it(stack: StackProcess) -> None:
    assert "Sign in with Demo SSO" in httpx.get(f"{stack.url}/sign-in").text


@pytest.mark.parametrize("name", ["run/sso.json", "run/sso-providers.json", "keys/sso.json"])
def test_its_secrets_are_private(stack: StackProcess, name: str) -> None:
    assert stat.S_IMODE((stack.data_dir / name).stat().st_mode) == 0o600


def test_killed_it_comes_back_with_its_keys_and_people(stack: StackProcess) -> None:
    before = httpx.get(f"{stack.facts['urls']['sso']}/jwks").json()
    killed = stack.facts["pids"]["sso"]
    psutil.Process(killed).kill()
    wait_until(lambda: stack.facts["pids"]["sso"] not in {None, killed}, what="it did not come back")
    wait_until(lambda: answers(stack), what="it came back and does not answer")
    person = stack.facts["demo"]["people"]["writer"]

    assert httpx.get(f"{stack.facts['urls']['sso']}/jwks").json() == before
    assert sign_in(stack, person["email"], person["password"]).status_code == 200


def answers(stack: StackProcess) -> bool:
    try:
        return httpx.get(f"{stack.facts['urls']['sso']}/jwks").status_code == 200
    except httpx.TransportError:
        return False
