"""The signing port over AWS KMS: the private halves never leave it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import load_der_public_key

from apps.platform.drivers.aws import translated
from apps.platform.errors import Permanent
from apps.platform.json import Json
from apps.platform.jwk import base64url, public_jwk

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient

_HALF = 32


class KmsSigner:
    """The first key signs, all of them verify: to rotate, put a new key behind the first, deploy, then put it first."""

    def __init__(self, client: KMSClient, *, key_ids: Sequence[str]) -> None:
        self._client = client
        self._key_ids = tuple(key_ids)

    def sign(self, claims: Mapping[str, Json]) -> str:
        header = {"alg": "ES256", "kid": self._public_keys[0]["kid"], "typ": "JWT"}
        signed = f"{_part(header)}.{_part(claims)}"
        with translated("signing with KMS"):
            answer = self._client.sign(
                KeyId=self._key_ids[0], Message=hashlib.sha256(signed.encode()).digest(),
                MessageType="DIGEST", SigningAlgorithm="ECDSA_SHA_256",
            )  # fmt: skip
        return f"{signed}.{base64url(_raw(answer['Signature']))}"

    def jwks(self) -> dict[str, Json]:
        return {"keys": [dict(key) for key in self._public_keys]}

    @cached_property
    def _public_keys(self) -> list[dict[str, Json]]:
        # A KMS key never changes its public half, so this is asked once in a process's life.
        return [self._public_key(key_id) for key_id in self._key_ids]

    def _public_key(self, key_id: str) -> dict[str, Json]:
        with translated(f"reading the public half of KMS key {key_id}"):
            key = load_der_public_key(self._client.get_public_key(KeyId=key_id)["PublicKey"])
        if not isinstance(key, EllipticCurvePublicKey):
            raise Permanent(f"KMS key {key_id} (TRACE_KMS_KEY_IDS) is not ECC_NIST_P256 for signing")
        return public_jwk(key)


def _part(value: Mapping[str, Json]) -> str:
    return base64url(json.dumps(value, separators=(",", ":")).encode())


def _raw(der: bytes) -> bytes:
    """KMS answers in DER, JOSE wants the two halves side by side."""
    r, s = decode_dss_signature(der)
    return r.to_bytes(_HALF, "big") + s.to_bytes(_HALF, "big")
