"""The token signing port: ES256, with keys that rotate without a moment in which a good token is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from apps.platform.json import Json


class Signer(Protocol):
    """Signs compact JWTs with `alg=ES256` and a `kid`; `jwks` holds the public half of every key whose tokens may be alive."""

    def sign(self, claims: Mapping[str, Json]) -> str: ...

    def jwks(self) -> dict[str, Json]: ...


class RotatingSigner(Signer, Protocol):
    """A signer whose keys Trace itself rotates (KMS keys are rotated by naming another one in the configuration)."""

    def rotate(self) -> str:
        """Publish a new key and return its kid. It signs once every copy of the JWKS has it; the old one verifies on till its tokens are dead."""
