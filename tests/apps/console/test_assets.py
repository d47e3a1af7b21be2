"""Files of the front end are found by their content's name, and a missing build is named."""

from __future__ import annotations

import json
import os
import re
from contextlib import closing
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from pytest_django import Settings

from apps.console.assets import NotBuiltYet, asset_url
from traceweb import csp


def test_an_asset_has_a_name_that_may_be_cached_for_ever() -> None:
    assert re.search(settings.WHITENOISE_IMMUTABLE_FILE_TEST, asset_url("app.css"))


@pytest.mark.parametrize("name", ["app.css", "app.js", "icons.svg", "favicon.svg"])
def test_every_file_that_the_manifest_names_is_there(name: str) -> None:
    assert (Path(settings.STATIC_ROOT) / asset_url(name).removeprefix(settings.STATIC_URL)).is_file()


def test_without_a_build_the_error_says_what_to_run(tmp_path: Path, settings: Settings) -> None:
    settings.STATIC_ROOT = tmp_path

    with pytest.raises(NotBuiltYet, match="make build"):
        asset_url("app.css")


def test_in_development_a_new_build_is_seen_without_a_restart(tmp_path: Path, settings: Settings) -> None:
    settings.STATIC_ROOT, settings.DEBUG = tmp_path, True
    manifest = tmp_path / "manifest.json"
    for mtime, file in enumerate(["app-AAAAAAAA.css", "app-BBBBBBBB.css"]):
        manifest.write_text(json.dumps({"app.css": file}))
        os.utime(manifest, (mtime, mtime))

        assert asset_url("app.css") == f"/static/{file}"


def test_elsewhere_a_running_server_stays_with_the_files_it_serves(tmp_path: Path, settings: Settings) -> None:
    settings.STATIC_ROOT, settings.DEBUG = tmp_path, False
    manifest = tmp_path / "manifest.json"
    manifest.write_text(json.dumps({"app.css": "app-AAAAAAAA.css"}))
    asset_url("app.css")
    manifest.write_text(json.dumps({"app.css": "app-BBBBBBBB.css"}))

    assert asset_url("app.css") == "/static/app-AAAAAAAA.css"


@pytest.mark.django_db
@pytest.mark.parametrize("is_development", [True, False])
def test_the_files_of_djangos_admin_are_served_from_its_package_and_no_others(settings: Settings, is_development: bool) -> None:
    settings.DEBUG = is_development
    with closing(Client().get("/static/admin/css/base.css")) as served:
        assert (served.status_code, served.headers["Content-Type"]) == (200, 'text/css; charset="utf-8"')
    assert Client().get("/static/rest_framework/css/default.css").status_code in {302, 404}


def test_the_policy_allows_nothing_unsafe() -> None:
    policy = str(csp.POLICY)

    assert "unsafe" not in policy
    assert "*" not in policy


@pytest.mark.parametrize("path", ["/sign-in", "/no/such/page"])
@pytest.mark.django_db
def test_every_page_carries_the_policy_and_the_nonce_of_its_script(client: Client, path: str) -> None:
    response = client.get(path)
    header = response.headers["Content-Security-Policy"]
    nonces = set(re.findall(r'<script[^>]*nonce="([^"]+)"', response.text))

    assert "default-src 'none'" in header
    assert "require-trusted-types-for 'script'" in header
    assert {f"'nonce-{nonce}'" in header for nonce in nonces} == {True}
