"""Single sign-on as somebody sees it: Chromium, our pages under their policy, and a real provider."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.test import override_settings
from playwright.sync_api import Page, expect

from apps.accounts.sso import registry
from tests.factories import PASSWORD, Persona
from tests.fixtures.browser import Visit
from tests.fixtures.sso import Idp


@pytest.fixture
def idp(idp_behind_the_pages: Idp) -> Iterator[Idp]:
    idp_behind_the_pages.forgets_everybody()
    registry.directory.forget()
    with override_settings(SSO_PROVIDERS=(idp_behind_the_pages.provider,)):
        yield idp_behind_the_pages


def log_in(page: Page, email: str) -> None:
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()


def test_signing_in_at_the_provider_leads_to_the_page_that_was_asked_for(visit: Visit, idp: Idp, member: Persona) -> None:
    page = visit().go("/platform/health")
    page.get_by_role("link", name="Sign in with Demo SSO").click()
    log_in(page, member.person.email)

    expect(page).to_have_url(re.compile(r"/platform/health$"))
