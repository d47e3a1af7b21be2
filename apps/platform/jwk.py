"""Public ES256 keys in the form in which JWKS publishes them."""

from __future__ import annotations

import base64
import hashlib
import json

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey

from apps.platform.json import Json

_COORDINATE_BYTES = 32


def public_jwk(key: EllipticCurvePublicKey) -> dict[str, Json]:
    if not isinstance(key.curve, SECP256R1):
        raise ValueError("ES256 wants a key on P-256")  # noqa: TRY004  an EC key, but on the wrong curve
    numbers = key.public_numbers()
    point = {"crv": "P-256", "kty": "EC", "x": _coordinate(numbers.x), "y": _coordinate(numbers.y)}
    return {**point, "kid": _thumbprint(point), "use": "sig", "alg": "ES256"}


def _thumbprint(point: dict[str, str]) -> str:
    """RFC 7638: the same key has the same id everywhere, and nobody has to invent one."""
    canonical = json.dumps(point, sort_keys=True, separators=(",", ":"))
    return base64url(hashlib.sha256(canonical.encode()).digest())


def _coordinate(number: int) -> str:
    return base64url(number.to_bytes(_COORDINATE_BYTES, "big"))


def base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
