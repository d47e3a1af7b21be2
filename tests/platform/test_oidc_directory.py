"""What a provider publishes, kept for a while: found anew when it rotates, still good for a while when it is down."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from apps.platform.clock import ManualClock
from apps.platform.oidc.directory import ENDPOINTS_SECONDS, KEYS_SECONDS, REFETCHES, RETRY_SECONDS, STALE_SECONDS, Directory
from apps.platform.oidc.errors import ProviderBroken, ProviderUnreachable
from apps.platform.oidc.providers import Provider
from tests.factories import NOON

PROVIDER = Provider(key="acme", name="Acme", issuer="https://id.example", client_id="trace", client_secret="s")


class Published:
    """What the provider answers, how often it was asked, and the clock."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.kids = ["first"]
        self.is_down = False
        self.is_broken = False
        self.clock = ManualClock(NOON)
        self.directory = Directory(clock=self.clock, fetch=self.fetch)

    def wait(self, seconds: float) -> None:
        self.clock.advance(timedelta(seconds=seconds))

    def fetch(self, url: str) -> dict[str, Any]:
        self.asked[url.rsplit("/", 1)[1]] += 1
        if self.is_down:
            raise ProviderUnreachable("down")
        if self.is_broken:
            return {"error": "rubbish"}
        if url.endswith("/jwks"):
            return {"keys": [{"kid": kid, "kty": "RSA"} for kid in self.kids]}
        issuer = PROVIDER.issuer
        return {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}/auth",
            "token_endpoint": f"{issuer}/token",
            "jwks_uri": f"{issuer}/jwks",
        }

    def knows(self, kid: str | None) -> bool:
        return self.directory.key(PROVIDER, kid) is not None


@pytest.fixture
def published() -> Published:
    return Published()


def test_keys_are_asked_for_once(published: Published) -> None:
    assert all(published.knows("first") for _ in range(5))
    assert published.asked["jwks"] == 1


def test_an_unknown_key_is_asked_for_at_once(published: Published) -> None:
    published.knows("first")
    published.kids = ["second"]

    assert published.knows("second")
    assert not published.knows("first"), "what is no longer published is no longer trusted"


def test_invented_key_ids_do_not_flood_the_provider(published: Published) -> None:
    for number in range(50):
        assert not published.knows(f"invented-{number}")
    assert published.asked["jwks"] == 1 + REFETCHES

    published.wait(61)
    published.kids = ["second"]
    assert published.knows("second")


def test_a_key_that_was_taken_back_is_forgotten_in_time(published: Published) -> None:
    published.knows("first")
    published.kids = []
    published.wait(KEYS_SECONDS + 1)

    assert not published.knows("first")


def test_a_provider_that_is_down_does_not_make_its_tokens_false(published: Published) -> None:
    published.knows("first")
    published.is_down = True
    published.wait(KEYS_SECONDS + 1)
    assert published.knows("first")

    published.wait(STALE_SECONDS)
    with pytest.raises(ProviderUnreachable):
        published.knows("first")


def test_one_that_is_down_is_asked_once_in_a_while_and_not_by_every_call(published: Published) -> None:
    published.knows("first")
    published.is_down = True
    published.wait(KEYS_SECONDS + 1)
    published.asked.clear()
    assert all(published.knows("first") for _ in range(5))
    assert published.asked.total() == 2

    published.is_down = False
    published.kids = ["second"]
    published.wait(RETRY_SECONDS)
    assert published.knows("second")


def test_one_that_was_never_there_holds_up_only_the_first_call(published: Published) -> None:
    published.is_down = True
    for _ in range(5):
        with pytest.raises(ProviderUnreachable):
            published.knows("first")

    assert published.asked.total() == 1


def test_one_that_answers_rubbish_is_asked_once_in_a_while_and_stays_told_as_broken(published: Published) -> None:
    published.is_broken = True
    for _ in range(5):
        with pytest.raises(ProviderBroken, match="the provider calls itself None"):
            published.knows("first")
    assert published.asked.total() == 1

    published.is_broken = False
    published.wait(RETRY_SECONDS)
    assert published.knows("first")


def test_what_is_no_list_of_keys_is_not_asked_for_by_every_call(published: Published) -> None:
    published.directory.endpoints(PROVIDER)
    published.is_broken = True
    for _ in range(5):
        with pytest.raises(ProviderBroken, match="no list of keys"):
            published.knows("first")

    assert published.asked["jwks"] == 1


def test_one_that_turns_to_rubbish_does_not_make_its_tokens_false(published: Published) -> None:
    published.knows("first")
    published.is_broken = True
    published.wait(KEYS_SECONDS + 1)
    published.asked.clear()
    assert all(published.knows("first") for _ in range(5))
    assert published.asked.total() == 2

    published.wait(STALE_SECONDS)
    with pytest.raises(ProviderBroken):
        published.knows("first")


def test_whether_it_is_there_is_asked_when_the_answer_must_be_fresh(published: Published) -> None:
    published.directory.endpoints(PROVIDER)
    published.is_down = True
    published.wait(11)

    assert published.directory.endpoints(PROVIDER).token == "https://id.example/token"
    with pytest.raises(ProviderUnreachable):
        published.directory.endpoints(PROVIDER, max_age_seconds=10)
    published.wait(ENDPOINTS_SECONDS)
    with pytest.raises(ProviderUnreachable):
        published.directory.endpoints(PROVIDER)


def test_a_token_without_a_key_id_is_the_only_keys(published: Published) -> None:
    assert published.knows(None)
    published.kids = ["first", "second"]
    published.wait(KEYS_SECONDS + 1)

    assert not published.knows(None)


@pytest.mark.parametrize("keys", [None, {}, ["x"], "x"])
def test_what_is_no_list_of_keys_is_a_fault_of_the_provider(keys: object) -> None:
    issuer = PROVIDER.issuer
    document = {"issuer": issuer, "authorization_endpoint": issuer, "token_endpoint": issuer, "jwks_uri": issuer, "keys": keys}

    with pytest.raises(ProviderBroken):
        Directory(clock=ManualClock(NOON), fetch=lambda _url: document).key(PROVIDER, "first")


@pytest.mark.parametrize("key", [{"kty": "oct", "k": "c2VjcmV0"}, {"kty": "RSA", "use": "enc"}])
def test_a_key_that_does_not_sign_is_no_key(key: dict[str, str]) -> None:
    issuer = PROVIDER.issuer
    document = {
        "issuer": issuer,
        "authorization_endpoint": issuer,
        "token_endpoint": issuer,
        "jwks_uri": issuer,
        "keys": [key | {"kid": "k"}],
    }

    assert Directory(clock=ManualClock(NOON), fetch=lambda _url: document).key(PROVIDER, "k") is None
