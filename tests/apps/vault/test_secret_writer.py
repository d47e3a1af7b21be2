"""The Secret Writer writes. No answer, page, log or record ever gives a value back."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client
from django.utils import timezone

from apps.audit.domain import Actor
from apps.audit.models import Record
from apps.orgs.models import Org, OrgQuota
from apps.platform.config import Config
from apps.platform.telemetry import HIDDEN, redactor
from apps.vault.domain import Namespace
from apps.vault.drivers import secret_store
from apps.vault.models import SecretPlace
from apps.vault.selectors import secrets_of
from apps.vault.services import PLACE_LIVES, set_secret
from tests.factories import Persona

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("vault")]
VALUE = "s3cr3t-value-of-the-tests"


@pytest.fixture
def api(writer: Persona) -> Client:
    return Client(headers={"Authorization": writer.bearer})


def put(api: Client, org: Org, name: str = "API_KEY", *, value: object = VALUE, namespace: str = "user"):  # type: ignore[no-untyped-def]
    return api.put(f"/v1/orgs/{org.slug}/secrets/{namespace}/{name}", {"value": value}, content_type="application/json")


def test_a_secret_is_set_rotated_listed_and_deleted_and_never_read(api: Client, org: Org) -> None:
    answers = [put(api, org), put(api, org, value=VALUE + "2")]
    listed = api.get(f"/v1/orgs/{org.slug}/secrets")

    assert [answer.status_code for answer in answers] == [204, 204]
    (row,) = listed.json()
    assert (row["namespace"], row["name"], row["version"]) == ("user", "API_KEY", 2)
    assert VALUE not in listed.text
    assert secret_store(settings.CONFIG).reveal(f"/laptop/{org.slug}/user/API_KEY") == VALUE + "2"

    assert api.delete(f"/v1/orgs/{org.slug}/secrets/user/API_KEY").status_code == 204
    assert api.get(f"/v1/orgs/{org.slug}/secrets").json() == []


def test_there_is_no_route_that_reads(api: Client, org: Org) -> None:
    put(api, org)

    assert api.get(f"/v1/orgs/{org.slug}/secrets/user/API_KEY").status_code == 405


def test_the_log_tells_of_the_change_and_not_of_the_value(api: Client, org: Org) -> None:
    put(api, org)
    put(api, org, value=VALUE + "2")
    api.delete(f"/v1/orgs/{org.slug}/secrets/user/API_KEY")

    assert list(Record.objects.order_by("pk").values_list("action", flat=True)) == [
        "secret.set",
        "secret.create",
        "secret.set",
        "secret.rotate",
        "secret.unset",
        "secret.delete",
    ]
    assert VALUE not in str(list(Record.objects.values()))


def test_from_now_on_logs_hide_the_value(api: Client, org: Org) -> None:
    put(api, org, value="another-value-of-the-tests")

    assert redactor.text("it is another-value-of-the-tests") == f"it is {HIDDEN}"


@pytest.mark.parametrize("name", ["lower", "1ST", "A-B", "A" * 64, "A.B"])
def test_a_name_that_no_environment_could_hold_is_refused(api: Client, org: Org, name: str) -> None:
    answer = put(api, org, name)

    assert (answer.status_code, answer.json()["code"]) == (422, "bad_secret_name")


@pytest.mark.parametrize(("value", "status"), [("", 400), ("a\0b", 400), ("x" * 65_537, 422), (None, 400), (["x"], 400)])
def test_a_value_that_cannot_be_kept_is_refused_without_being_shown(api: Client, org: Org, value: object, status: int) -> None:
    answer = put(api, org, value=value)

    assert answer.status_code == status
    assert "xxxx" not in answer.text


def test_spaces_around_a_value_are_part_of_it(api: Client, org: Org) -> None:
    put(api, org, value="  with spaces\n")

    assert secret_store(settings.CONFIG).reveal(f"/laptop/{org.slug}/user/API_KEY") == "  with spaces\n"


def test_platform_staff_write_platform_secrets_in_any_org(staff: Persona, stranger: Persona, api: Client) -> None:
    platform = Client(headers={"Authorization": staff.bearer})

    assert put(platform, stranger.org, namespace="platform").status_code == 204
    assert put(api, api_org := stranger.org, namespace="platform").status_code == 404
    assert put(platform, api_org).status_code == 404  # its user secrets are still none of theirs


def test_a_secret_over_the_quota_is_refused_and_a_rotation_is_not(api: Client, org: Org) -> None:
    put(api, org)
    OrgQuota.objects.create(org=org, key="secrets", limit=1)

    assert put(api, org, "SECOND").json()["code"] == "quota_exceeded"
    assert put(api, org, value=VALUE + "2").status_code == 204


def test_deleting_what_is_not_there_says_so(api: Client, org: Org) -> None:
    answer = api.delete(f"/v1/orgs/{org.slug}/secrets/user/NOTHING")

    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_secret")


@pytest.mark.django_db(transaction=True)
def test_an_attempt_that_the_store_does_not_take_stays_told(api: Client, org: Org, vault: Config) -> None:
    vault.vault_key_file.unlink()

    assert put(api, org).status_code == 503
    assert list(Record.objects.order_by("pk").values_list("action", flat=True)) == ["secret.set", "secret.fail"]
    assert not SecretPlace.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_secret_is_not_written_inside_somebodys_transaction(org: Org, vault: Config) -> None:
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        set_secret(org, namespace=Namespace.USER, name="API_KEY", value=VALUE, by=Actor.system("tests"), config=vault)
    assert secrets_of(org, config=vault) == []


def test_both_namespaces_count_and_so_does_one_on_its_way(api: Client, staff: Persona, org: Org) -> None:
    put(Client(headers={"Authorization": staff.bearer}), org, namespace="platform")
    OrgQuota.objects.create(org=org, key="secrets", limit=2)
    elsewhere = SecretPlace.objects.create(org=org, path="/laptop/org/user/OTHER", kept_at=timezone.now())

    assert put(api, org).json()["code"] == "quota_exceeded"
    SecretPlace.objects.filter(pk=elsewhere.pk).update(kept_at=timezone.now() - 2 * PLACE_LIVES)
    assert put(api, org).status_code == 204
    assert put(api, org, "SECOND").json()["code"] == "quota_exceeded"


def test_the_quotas_show_how_many_secrets_there_are(api: Client, org: Org) -> None:
    put(api, org)
    shown = {row["quota"]: row["used"] for row in api.get(f"/v1/orgs/{org.slug}/quotas").json()}

    assert shown["secrets"] == 1
