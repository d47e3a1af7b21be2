"""What every signer promises: tokens that its own JWKS proves, through rotations too."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import boto3
import jwt
import pytest

from apps.platform import wiring
from apps.platform.clock import ManualClock
from apps.platform.config import Config, SigningDriver
from apps.platform.drivers.signing_local import AHEAD, OVERLAP, LocalSigner
from apps.platform.errors import Permanent
from apps.platform.json import Json
from apps.platform.ports.signing import Signer
from apps.platform.tokens import TokenRefused, verify
from tests.factories import NOON
from tests.ports.conftest import ON_AWS_SERVER

CLAIMS: dict[str, Json] = {
    "iss": "trace",
    "aud": "trace.task",
    "sub": "task:1",
    "iat": int(NOON.timestamp()),
    "exp": int(NOON.timestamp()) + 600,
}


@pytest.fixture(params=["local", pytest.param("kms", marks=ON_AWS_SERVER)])
def signer(request: pytest.FixtureRequest, config: Config, tmp_path: Path) -> Signer:
    if request.param == "kms":
        config = request.getfixturevalue("on_aws")
        config = replace(config, kms_key_ids=(new_kms_key(config), new_kms_key(config)))
    else:
        config = replace(config, signing_key_dir=tmp_path / "keys", vault_key_file=tmp_path / "vault.json")
        wiring.prepare_keys(config)
    return wiring.signer(replace(config, signing_driver=SigningDriver(request.param)))


def new_kms_key(config: Config, spec: str = "ECC_NIST_P256") -> str:
    kms = boto3.client("kms", endpoint_url=config.aws_endpoint, region_name=config.aws_region)
    key_id: str = kms.create_key(KeyUsage="SIGN_VERIFY", KeySpec=spec)["KeyMetadata"]["KeyId"]  # type: ignore[arg-type]
    return key_id


def accepted(token: str, signer: Signer) -> bool:
    return bool(verify(token, signer.jwks(), issuer="trace", audience="trace.task", now=NOON)["sub"] == "task:1")


def test_its_own_keys_prove_its_tokens(signer: Signer) -> None:
    assert accepted(signer.sign(CLAIMS), signer)


def test_a_token_names_its_key_and_its_algorithm(signer: Signer) -> None:
    header = jwt.get_unverified_header(signer.sign(CLAIMS))

    assert header["alg"] == "ES256"
    assert header["kid"] in {key["kid"] for key in signer.jwks()["keys"]}  # type: ignore[union-attr,index,call-overload]


def test_what_is_published_is_the_public_half_only(signer: Signer) -> None:
    for key in signer.jwks()["keys"]:  # type: ignore[union-attr]
        assert set(key) == {"kty", "crv", "x", "y", "kid", "use", "alg"}  # type: ignore[arg-type]


def test_an_altered_token_is_refused(signer: Signer) -> None:
    head, claims, signature = signer.sign(CLAIMS).split(".")
    forged = jwt.utils.base64url_encode(b'{"sub":"task:2"}').decode()

    with pytest.raises(TokenRefused):
        accepted(f"{head}.{forged}.{signature}", signer)
    assert accepted(f"{head}.{claims}.{signature}", signer)


@ON_AWS_SERVER
def test_with_kms_the_first_key_signs_and_the_rest_verify(on_aws: Config) -> None:
    old, new = new_kms_key(on_aws), new_kms_key(on_aws)
    before = wiring.signer(replace(on_aws, signing_driver=SigningDriver.KMS, kms_key_ids=(old, new)))
    after = wiring.signer(replace(on_aws, signing_driver=SigningDriver.KMS, kms_key_ids=(new, old)))

    assert accepted(before.sign(CLAIMS), after) and accepted(after.sign(CLAIMS), before)


@ON_AWS_SERVER
def test_a_kms_key_of_another_kind_is_refused(on_aws: Config) -> None:
    wrong = wiring.signer(replace(on_aws, signing_driver=SigningDriver.KMS, kms_key_ids=(new_kms_key(on_aws, spec="RSA_2048"),)))

    with pytest.raises(Permanent, match="TRACE_KMS_KEY_IDS"):
        wrong.sign(CLAIMS)


# The local signer's rotation


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
def local(tmp_path: Path, clock: ManualClock) -> LocalSigner:
    signer = LocalSigner(tmp_path / "keys", clock=clock)
    signer.ensure()
    return signer


def kid_of(token: str) -> str:
    return str(jwt.get_unverified_header(token)["kid"])


def test_a_new_key_is_published_before_it_signs(local: LocalSigner, clock: ManualClock) -> None:
    old = kid_of(local.sign(CLAIMS))
    clock.advance(timedelta(days=1))
    new = local.rotate()

    assert new in str(local.jwks()) and kid_of(local.sign(CLAIMS)) == old
    clock.advance(AHEAD)
    assert kid_of(local.sign(CLAIMS)) == new


def test_the_old_key_verifies_until_its_last_token_is_dead(local: LocalSigner, clock: ManualClock) -> None:
    old = kid_of(local.sign(CLAIMS))
    clock.advance(timedelta(days=1))
    local.rotate()
    clock.advance(AHEAD + OVERLAP - timedelta(seconds=1))
    local.rotate()
    assert old in str(local.jwks())

    clock.advance(timedelta(seconds=1))
    local.rotate()
    assert old not in str(local.jwks())


def test_another_process_sees_the_rotation_without_a_restart(local: LocalSigner, clock: ManualClock, tmp_path: Path) -> None:
    other = LocalSigner(tmp_path / "keys", clock=clock)
    other.jwks()

    new = local.rotate()

    assert new in str(other.jwks())


def test_making_sure_of_a_key_twice_makes_one(local: LocalSigner) -> None:
    local.ensure()

    assert len(local.jwks()["keys"]) == 1  # type: ignore[arg-type]


def test_keys_are_for_their_owner_only(local: LocalSigner, clock: ManualClock, tmp_path: Path) -> None:
    (file,) = (tmp_path / "keys").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600

    file.chmod(0o644)
    with pytest.raises(Permanent, match="chmod 600"):
        LocalSigner(tmp_path / "keys", clock=clock).sign(CLAIMS)


def test_a_missing_or_empty_directory_is_named(tmp_path: Path, clock: ManualClock) -> None:
    with pytest.raises(Permanent, match="TRACE_SIGNING_KEY_DIR"):
        LocalSigner(tmp_path / "nowhere", clock=clock).sign(CLAIMS)
    with pytest.raises(Permanent, match="holds no signing key"):
        LocalSigner(tmp_path, clock=clock).sign(CLAIMS)


def test_a_damaged_key_is_named(local: LocalSigner, clock: ManualClock, tmp_path: Path) -> None:
    (file,) = (tmp_path / "keys").iterdir()
    file.write_text("nonsense")

    with pytest.raises(Permanent, match=file.name):
        LocalSigner(tmp_path / "keys", clock=clock).sign(CLAIMS)


def test_elsewhere_than_on_a_laptop_no_key_is_made_up(config: Config, tmp_path: Path) -> None:
    from apps.platform.config import Profile

    wiring.prepare_keys(replace(config, profile=Profile.AWS, signing_key_dir=tmp_path / "keys", vault_key_file=tmp_path / "v"))

    assert list(tmp_path.iterdir()) == []
