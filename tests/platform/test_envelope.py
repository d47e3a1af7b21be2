"""Sealing: what goes in comes out, for its own path, with its own keys, and in no other way."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.platform.envelope import Keyring, Sealed
from apps.platform.errors import Permanent

KEYRING = Keyring("one", {"one": b"1" * 32})
PATH = "/laptop/acme/user/key"


@given(st.text(), st.text(alphabet=st.characters(codec="utf-8")))
def test_every_text_comes_back(path: str, value: str) -> None:
    path = path.encode(errors="ignore").decode()

    assert KEYRING.open(path, KEYRING.seal(path, value)) == value


@given(st.data())
def test_a_change_of_any_byte_is_noticed(data: st.DataObject) -> None:
    sealed = KEYRING.seal(PATH, "value")
    at = data.draw(st.integers(0, len(sealed.blob) - 1))
    flipped = bytearray(sealed.blob)
    flipped[at] ^= data.draw(st.integers(1, 255))

    with pytest.raises(Permanent):
        KEYRING.open(PATH, Sealed(sealed.key_id, bytes(flipped)))


@pytest.mark.parametrize("length", [0, 1, 40, 61, 72])
def test_a_truncated_value_is_refused(length: int) -> None:
    sealed = KEYRING.seal(PATH, "value")

    with pytest.raises(Permanent):
        KEYRING.open(PATH, replace(sealed, blob=sealed.blob[:length]))


def test_the_same_value_never_looks_the_same() -> None:
    assert KEYRING.seal(PATH, "value").blob != KEYRING.seal(PATH, "value").blob


def test_another_path_does_not_open_it() -> None:
    with pytest.raises(Permanent, match="another path"):
        KEYRING.open(PATH + "2", KEYRING.seal(PATH, "value"))


def test_a_key_that_is_not_in_the_ring_is_named() -> None:
    with pytest.raises(Permanent, match="key one, which is not in TRACE_VAULT_KEY_FILE"):
        Keyring("two", {"two": b"2" * 32}).open(PATH, KEYRING.seal(PATH, "x"))


def test_rewrapping_changes_the_key_and_not_the_value() -> None:
    sealed = KEYRING.seal(PATH, "value")
    rotated = KEYRING.rotated()
    rewrapped = rotated.rewrap(PATH, sealed)

    assert rewrapped.key_id == rotated.active != sealed.key_id
    assert Keyring(rotated.active, {rotated.active: rotated.keys[rotated.active]}).open(PATH, rewrapped) == "value"
    assert rewrapped.blob[-20:] == sealed.blob[-20:]


def test_several_that_make_the_ring_at_once_agree(tmp_path: Path) -> None:
    file = tmp_path / "keys" / "vault.json"
    with ThreadPoolExecutor(8) as pool:
        rings = list(pool.map(lambda _: Keyring.ensure(file), range(8)))

    assert len({ring.active for ring in rings}) == 1
    assert [found.name for found in file.parent.iterdir()] == ["vault.json"]
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_ring_that_others_can_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "vault.json"
    Keyring.ensure(file)
    file.chmod(0o640)

    with pytest.raises(Permanent, match="chmod 600"):
        Keyring.load(file)


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"active": "a", "keys": {}}', '{"active": "a", "keys": {"a": "c2hvcnQ="}}', "\x00"]
)
def test_a_damaged_ring_is_named_and_not_replaced(tmp_path: Path, text: str) -> None:
    file = tmp_path / "vault.json"
    file.write_text(text)
    file.chmod(0o600)

    with pytest.raises(Permanent, match=r"vault\.json is not a keyring"):
        Keyring.ensure(file)
    assert file.read_text() == text


def test_a_rings_picture_shows_no_key() -> None:
    assert "1111" not in repr(KEYRING)
