"""What every secret store promises."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from botocore.stub import Stubber

from apps.platform import wiring
from apps.platform.config import Config, SecretsDriver
from apps.platform.drivers.aws import Access
from apps.platform.drivers.secrets_manager import SecretsManager
from apps.platform.envelope import Keyring
from apps.platform.errors import Permanent
from apps.platform.ports.secrets import MAX_VALUE_BYTES, SecretMissing, SecretStore
from apps.vault.drivers import EncryptedRows, secret_store
from apps.vault.models import EncryptedSecret
from tests.factories import NOON, unique
from tests.ports.conftest import ON_AWS_SERVER


@pytest.fixture(params=["database", pytest.param("aws", marks=ON_AWS_SERVER)])
def store(request: pytest.FixtureRequest, config: Config, tmp_path: Path) -> SecretStore:
    if request.param == "aws":
        config = request.getfixturevalue("on_aws")
    else:
        request.getfixturevalue("db")
        config = replace(config, vault_key_file=tmp_path / "vault.json")
        Keyring.ensure(config.vault_key_file)
    return secret_store(replace(config, secrets_driver=SecretsDriver(request.param)))


@pytest.fixture
def folder() -> str:
    return f"/laptop/{unique('org')}/user"


@pytest.mark.parametrize("value", ["hunter2", "é ✓ \n\t multi\nline", "x" * MAX_VALUE_BYTES, '{"json": "{}"}'])
def test_a_value_is_revealed_as_it_was_written(store: SecretStore, folder: str, value: str) -> None:
    info = store.put(f"{folder}/key", value)

    assert store.reveal(f"{folder}/key") == value
    assert (info.path, info.version) == (f"{folder}/key", 1)


def test_writing_again_rotates(store: SecretStore, folder: str) -> None:
    first = store.put(f"{folder}/key", "old")
    second = store.put(f"{folder}/key", "new")

    assert store.reveal(f"{folder}/key") == "new"
    assert (second.version, second.created_at) == (2, first.created_at)
    assert second.rotated_at >= first.rotated_at


def test_a_listing_has_names_and_ages_below_the_prefix_and_no_values(store: SecretStore, folder: str) -> None:
    for name in ("b", "a", "c"):
        store.put(f"{folder}/{name}", "a-secret-value")
    store.put(f"{folder}-neighbour/z", "other")

    listed = store.list(f"{folder}/")

    assert [info.path for info in listed] == [f"{folder}/a", f"{folder}/b", f"{folder}/c"]
    assert all(info.version == 1 and info.rotated_at.tzinfo for info in listed)
    assert "a-secret-value" not in repr(listed)


def test_what_was_deleted_is_gone_and_may_be_written_anew(store: SecretStore, folder: str) -> None:
    store.put(f"{folder}/key", "x")
    store.delete(f"{folder}/key")

    with pytest.raises(SecretMissing):
        store.reveal(f"{folder}/key")
    assert store.list(folder) == []
    assert store.put(f"{folder}/key", "again").version == 1


def test_deleting_what_is_not_there_is_no_error(store: SecretStore, folder: str) -> None:
    store.delete(f"{folder}/nothing")

    with pytest.raises(SecretMissing):
        store.reveal(f"{folder}/nothing")


@pytest.mark.parametrize("path", ["no-slash", "/", "", "//a", "/a//b", "/a/", "/sp ace", "/a/\n", "/é", "/" + "x" * 300])
def test_a_path_of_another_shape_is_refused(store: SecretStore, path: str) -> None:
    with pytest.raises(Permanent, match="secret path"):
        store.put(path, "x")


@pytest.mark.parametrize(("value", "reason"), [("", "empty"), ("s3cr3t" * MAX_VALUE_BYTES, "limit")])
def test_a_value_out_of_range_is_refused_without_being_shown(store: SecretStore, folder: str, value: str, reason: str) -> None:
    with pytest.raises(Permanent, match=reason) as refused:
        store.put(f"{folder}/key", value)

    assert "s3cr3t" not in str(refused.value)


def test_a_rotation_that_lost_a_race_takes_the_next_number() -> None:
    # Recorded answers: AWS refuses a version that exists, the server here overwrites it.
    client = Access("us-east-1", access_key="x", secret_key="x").secrets_manager()
    path = "/laptop/acme/user/key"
    described = {"Name": path, "CreatedDate": NOON, "LastChangedDate": NOON}
    with Stubber(client) as aws:
        aws.add_response("describe_secret", described | {"VersionIdsToStages": {token(3): ["AWSCURRENT"]}})
        aws.add_client_error("put_secret_value", "ResourceExistsException", expected_params=written(path, token(4)))
        aws.add_response("put_secret_value", {}, expected_params=written(path, token(5)))
        aws.add_response("describe_secret", described | {"VersionIdsToStages": {token(5): ["AWSCURRENT"]}})

        assert SecretsManager(client).put(path, "value").version == 5
        aws.assert_no_pending_responses()


def token(version: int) -> str:
    return f"{version:032d}"


def written(path: str, version: str) -> dict[str, str]:
    return {"SecretId": path, "SecretString": "value", "ClientRequestToken": version}


@pytest.fixture
def rows(tmp_path: Path, db: None) -> EncryptedRows:
    Keyring.ensure(tmp_path / "vault.json")
    return EncryptedRows(tmp_path / "vault.json", clock=wiring.clock())


def test_the_database_never_holds_the_value(rows: EncryptedRows, folder: str) -> None:
    rows.put(f"{folder}/key", "a-secret-value")

    assert b"a-secret-value" not in bytes(EncryptedSecret.objects.get().sealed)


def test_a_row_copied_to_another_path_does_not_open(rows: EncryptedRows, folder: str) -> None:
    rows.put(f"{folder}/mine", "x")
    EncryptedSecret.objects.update(path=f"{folder}/stolen")

    with pytest.raises(Permanent, match="another path"):
        rows.reveal(f"{folder}/stolen")


def test_a_new_key_takes_over_and_the_old_one_may_go(rows: EncryptedRows, folder: str, tmp_path: Path) -> None:
    rows.put(f"{folder}/key", "kept")
    file = tmp_path / "vault.json"
    rotated = Keyring.load(file).rotated()
    rotated.replace(file)

    assert rows.reveal(f"{folder}/key") == "kept"
    assert rows.rewrap() == 1

    Keyring(rotated.active, {rotated.active: rotated.keys[rotated.active]}).replace(file)
    assert rows.reveal(f"{folder}/key") == "kept"
    assert rows.rewrap() == 0


def test_without_its_keyring_the_store_says_what_is_lost(rows: EncryptedRows, folder: str, tmp_path: Path) -> None:
    rows.put(f"{folder}/key", "x")
    (tmp_path / "vault.json").unlink()

    with pytest.raises(Permanent, match="TRACE_VAULT_KEY_FILE"):
        rows.reveal(f"{folder}/key")
