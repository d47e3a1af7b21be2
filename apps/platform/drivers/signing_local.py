"""The signing port with ES256 keys in a directory that the processes of one machine share."""

from __future__ import annotations

import secrets
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from apps.platform.clock import Clock
from apps.platform.errors import Permanent
from apps.platform.json import Json
from apps.platform.jwk import public_jwk
from apps.platform.privatefile import write_private

# A new key is published this long before it signs, so that whoever keeps a copy of the JWKS has it by then.
AHEAD = timedelta(minutes=10)
# A key that no longer signs goes on verifying: longer than the longest token lives.
OVERLAP = timedelta(hours=48)
_REMEDY = "restore it, or let `manage.py prepare` make the first one (TRACE_PROFILE=laptop)"


@dataclass(frozen=True, repr=False)
class _Key:
    file: Path
    made_at: datetime
    private: ec.EllipticCurvePrivateKey
    public: dict[str, Json]

    @property
    def kid(self) -> str:
        return str(self.public["kid"])


class LocalSigner:
    def __init__(self, directory: Path, *, clock: Clock) -> None:
        self._directory = directory
        self._clock = clock
        self._keys: list[_Key] = []

    def sign(self, claims: Mapping[str, Json]) -> str:
        key = self._active(self._load())
        return jwt.encode(dict(claims), key.private, algorithm="ES256", headers={"kid": key.kid})

    def jwks(self) -> dict[str, Json]:
        return {"keys": [key.public for key in self._load()]}

    def rotate(self) -> str:
        now = self._clock.now()
        self._retire(self._load(), now)
        self._make(now)
        return self._load()[-1].kid

    def ensure(self) -> None:
        """Make the first key if there is none."""
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not any(self._directory.glob("*.pem")):
            self._make(self._clock.now())

    def _active(self, keys: list[_Key]) -> _Key:
        published = [key for key in keys if key.made_at + AHEAD <= self._clock.now()]
        # The first key of all has nobody to wait for.
        return published[-1] if published else keys[0]

    def _retire(self, keys: list[_Key], now: datetime) -> None:
        """A key retires when its successor has signed alone for longer than any token of its own lives."""
        for key, successor in pairwise(keys):
            if successor.made_at + AHEAD + OVERLAP <= now:
                key.file.unlink(missing_ok=True)

    def _load(self) -> list[_Key]:
        """Oldest first. Another process's rotation shows in the names; listing them costs some microseconds."""
        try:
            names = sorted(file.name for file in self._directory.iterdir() if file.suffix == ".pem")
        except FileNotFoundError:
            raise Permanent(f"there is no key directory {self._directory} (TRACE_SIGNING_KEY_DIR); {_REMEDY}") from None
        if not names:
            raise Permanent(f"{self._directory} (TRACE_SIGNING_KEY_DIR) holds no signing key; {_REMEDY}")
        if names != [key.file.name for key in self._keys]:
            self._keys = [_read(self._directory / name) for name in names]
        return self._keys

    def _make(self, now: datetime) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        # The name carries the instant, so that order survives a copy of the directory; a random tail, so that two never meet.
        name = f"{int(now.timestamp() * 1000):015d}-{secrets.token_hex(4)}"
        write_private(self._directory / f"{name}.pem", _pem(key))


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )  # fmt: skip


def _read(file: Path) -> _Key:
    if stat.S_IMODE(file.stat().st_mode) & 0o077:
        raise Permanent(f"{file} can be read by others; it is a signing key: chmod 600 it")
    try:
        private = serialization.load_pem_private_key(file.read_bytes(), password=None)
        made_at = datetime.fromtimestamp(int(file.name.split("-")[0]) / 1000, UTC)
    except (ValueError, TypeError) as error:
        raise Permanent(f"{file} is not a signing key of Trace: {error}") from None
    if not isinstance(private, ec.EllipticCurvePrivateKey):
        raise Permanent(f"{file} is not a key on P-256")
    return _Key(file, made_at, private, public_jwk(private.public_key()))
