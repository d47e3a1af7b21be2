"""The configured providers, and what they publish, shared by everything in this process."""

from __future__ import annotations

from apps.accounts.selectors import providers
from apps.accounts.sso.errors import ProviderDown, ProviderFault, UnknownProvider
from apps.platform.clock import SystemClock
from apps.platform.oidc.directory import Directory, Endpoints
from apps.platform.oidc.errors import ProviderBroken, ProviderUnreachable
from apps.platform.oidc.providers import Provider

# Short: a browser that is sent to a provider that is down sees its own error page instead of ours.
FRESH_SECONDS = 10.0
directory = Directory(clock=SystemClock())


def provider_of(key: str) -> Provider:
    found = next((provider for provider in providers() if provider.key == key), None)
    if found is None:
        raise UnknownProvider
    return found


def endpoints_of(provider: Provider) -> Endpoints:
    try:
        return directory.endpoints(provider, max_age_seconds=FRESH_SECONDS)
    except ProviderUnreachable:
        raise ProviderDown(provider=provider) from None
    except ProviderBroken as error:
        raise ProviderFault(str(error), provider=provider) from None
