"""The file that names the providers: typed, every mistake named, no secret shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from apps.platform.errors import ConfigError
from apps.platform.oidc.providers import is_safe, load, parse

GOOD = {
    "key": "acme", "name": "Acme", "issuer": "https://id.acme.example", "client_id": "trace", "client_secret": "hunter2-hunter2",
}  # fmt: skip


def problems(*rows: Any) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as error:
        parse(json.dumps(list(rows)))
    assert "hunter2" not in str(error.value)
    return error.value.problems


def written(tmp_path: Path, text: str, *, mode: int = 0o600) -> str:
    file = tmp_path / "providers.json"
    file.write_text(text)
    file.chmod(mode)
    return str(file)


def test_without_a_file_there_are_no_providers() -> None:
    assert load("") == ()


def test_a_file_becomes_providers(tmp_path: Path) -> None:
    (provider,) = load(written(tmp_path, json.dumps([GOOD | {"domains": ["Acme.example"], "scopes": ["openid", "email"]}])))

    assert (provider.key, provider.issuer) == ("acme", "https://id.acme.example")
    assert (provider.domains, provider.scopes) == (("acme.example",), ("openid", "email"))


def test_what_is_left_away_has_a_default() -> None:
    (provider,) = parse(json.dumps([GOOD]))

    assert (provider.scopes, provider.domains) == (("openid", "email", "profile"), ())


def test_a_secret_is_not_in_what_is_shown() -> None:
    assert "hunter2" not in repr(parse(json.dumps([GOOD])))


def test_the_domain_of_one_is_not_the_domain_of_another_that_reads_alike() -> None:
    (provider,) = parse(json.dumps([GOOD | {"domains": ["straße.example"]}]))

    assert provider.may_vouch_for("ann@xn--strae-oqa.example")
    assert not provider.may_vouch_for("ann@strasse.example")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(ConfigError, match="chmod 600"):
        load(written(tmp_path, json.dumps([GOOD]), mode=mode))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"TRACE_OIDC_PROVIDERS_FILE: .*missing.json cannot be read: No such file"):
        load(str(tmp_path / "missing.json"))


@pytest.mark.parametrize(("text", "words"), [
    ('[{"client_secret": "hunter2"', "line 1, column"),
    ('{"key": "acme"}', "must hold a list"),
    ('"x"', "must hold a list"),
    ("", "not JSON"),
])  # fmt: skip
def test_a_file_that_is_not_a_list_in_json_is_refused(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words) as error:
        load(written(tmp_path, text))
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize(("change", "words"), [
    ({"key": "Acme!"}, "key must be lower-case"),
    ({"key": ""}, "key must be a text"),
    ({"name": None}, "name must be a text"),
    ({"client_secret": 7}, "client_secret must be a text"),
    ({"issuer": "http://id.acme.example"}, "issuer must be an https address"),
    ({"issuer": "id.acme.example"}, "issuer must be an https address"),
    ({"issuer": "https://[::1"}, "issuer must be an https address"),
    ({"scopes": "openid"}, "scopes must be a list"),
    ({"scopes": ["openid email"]}, "scopes must be a list"),
    ({"scopes": ["email"]}, "scopes must contain openid"),
    ({"domains": [7]}, "domains must be a list"),
    ({"domains": ["a@b.example"]}, "'a@b.example' in domains is not a domain"),
    ({"secret": "x"}, "'secret' is not a setting"),
])  # fmt: skip
def test_a_wrong_setting_is_named_with_its_rule(change: dict[str, Any], words: str) -> None:
    (problem,) = problems(GOOD | change)

    assert problem.startswith("TRACE_OIDC_PROVIDERS_FILE: provider 1: ") and words in problem


def test_every_mistake_is_told_at_once() -> None:
    assert len(problems({"key": "a"}, "x", GOOD, GOOD)) == 4 + 1 + 2 + 1


OTHER = GOOD | {"key": "other", "issuer": "https://id.other.example"}


@pytest.mark.parametrize("without", [{}, {"domains": []}])
def test_two_providers_that_may_vouch_for_anybody_are_refused(without: dict[str, Any]) -> None:
    (problem,) = problems(GOOD, OTHER | without)

    assert "at most one may vouch for any address" in problem


def test_one_that_may_vouch_for_anybody_goes_with_others_that_may_not() -> None:
    assert len(parse(json.dumps([GOOD, OTHER | {"domains": ["other.example"]}]))) == 2


@pytest.mark.parametrize("address", ["https://a.example/x", "http://127.0.0.1:1/", "http://localhost/", "http://[::1]:9/"])
def test_an_address_that_secrets_may_go_to(address: str) -> None:
    assert is_safe(address)


@pytest.mark.parametrize(
    "address", ["http://a.example", "http://127.0.0.1.evil.example", "ftp://127.0.0.1", "https://", "", None, 7]
)
def test_an_address_that_secrets_may_not_go_to(address: object) -> None:
    assert not is_safe(address)
