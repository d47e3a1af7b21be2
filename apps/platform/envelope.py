"""Envelope encryption: each value under a key of its own, that key under one that is not in the database.

A sealed value is: format (1 byte) · nonce (12) · wrapped data key (48) · nonce (12) · ciphertext. AES-256-GCM for both; the
path is authenticated with them, so a row copied to another path does not open.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from apps.platform.errors import Permanent
from apps.platform.privatefile import create_private, write_private

_FORMAT = b"\x01"
_NONCE = 12
_KEY_BYTES = 32
_WRAPPED = _KEY_BYTES + 16  # GCM's tag
_VALUE_AT = 1 + _NONCE + _WRAPPED


@dataclass(frozen=True)
class Sealed:
    key_id: str
    blob: bytes


@dataclass(frozen=True, repr=False)
class Keyring:
    """The key-encryption keys: the active one seals, all of them open."""

    active: str
    keys: dict[str, bytes]

    @classmethod
    def load(cls, file: Path) -> Self:
        try:
            if stat.S_IMODE(file.stat().st_mode) & 0o077:
                raise Permanent(f"{file} can be read by others; it holds the keys of all secrets: chmod 600 it")
            return cls._parse(file.read_text())
        except FileNotFoundError:
            raise Permanent(f"there is no keyring {file} (TRACE_VAULT_KEY_FILE); restore it, or no secret can be read") from None
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise Permanent(f"{file} is not a keyring: {type(error).__name__}; restore it from a backup") from None

    @classmethod
    def ensure(cls, file: Path) -> Self:
        """Make it at first use. Of several processes that try at once, one wins and all load the same."""
        if not file.exists():
            cls._with_new_key({}).save_new(file)
        return cls.load(file)

    @classmethod
    def _with_new_key(cls, keys: dict[str, bytes]) -> Self:
        key_id = secrets.token_hex(4)
        return cls(key_id, keys | {key_id: AESGCM.generate_key(_KEY_BYTES * 8)})

    @classmethod
    def _parse(cls, text: str) -> Self:
        raw = json.loads(text)
        keys = {key_id: base64.b64decode(key, validate=True) for key_id, key in raw["keys"].items()}
        if raw["active"] not in keys or any(len(key) != _KEY_BYTES for key in keys.values()):
            raise ValueError("active key missing, or a key of another length")
        return cls(raw["active"], keys)

    def rotated(self) -> Self:
        """A new active key; the old ones go on opening what they sealed."""
        return self._with_new_key(self.keys)

    def save_new(self, file: Path) -> None:
        """Write it unless there is one already."""
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        create_private(file, self._text())

    def replace(self, file: Path) -> None:
        write_private(file, self._text())

    def _text(self) -> str:
        keys = {key_id: base64.b64encode(key).decode() for key_id, key in self.keys.items()}
        return json.dumps({"active": self.active, "keys": keys})

    def seal(self, path: str, value: str) -> Sealed:
        data_key = AESGCM.generate_key(_KEY_BYTES * 8)
        return Sealed(self.active, _FORMAT + self._wrap(path, data_key) + _encrypt(data_key, value.encode(), path))

    def open(self, path: str, sealed: Sealed) -> str:
        data_key = self._unwrap(path, sealed)
        return _decrypt(data_key, sealed.blob[_VALUE_AT:], path).decode()

    def rewrap(self, path: str, sealed: Sealed) -> Sealed:
        """The same value under the active key, without decrypting the value itself."""
        data_key = self._unwrap(path, sealed)
        return Sealed(self.active, _FORMAT + self._wrap(path, data_key) + sealed.blob[_VALUE_AT:])

    def _wrap(self, path: str, data_key: bytes) -> bytes:
        return _encrypt(self.keys[self.active], data_key, path)

    def _unwrap(self, path: str, sealed: Sealed) -> bytes:
        if sealed.key_id not in self.keys:
            raise Permanent(f"the secret {path} is sealed with key {sealed.key_id}, which is not in TRACE_VAULT_KEY_FILE")
        if sealed.blob[:1] != _FORMAT or len(sealed.blob) < _VALUE_AT + _NONCE:
            raise Permanent(f"the secret {path} is damaged, or was written by a newer Trace")
        return _decrypt(self.keys[sealed.key_id], sealed.blob[1:_VALUE_AT], path)


def _encrypt(key: bytes, plain: bytes, path: str) -> bytes:
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, plain, path.encode())


def _decrypt(key: bytes, blob: bytes, path: str) -> bytes:
    try:
        return AESGCM(key).decrypt(blob[:_NONCE], blob[_NONCE:], path.encode())
    except InvalidTag:
        raise Permanent(f"the secret {path} was changed outside Trace, or belongs to another path") from None
