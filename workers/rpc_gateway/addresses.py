"""Where a provider may be. Pools are set by staff, whose mistake must not lead the gateway to the machine's own services."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from apps.platform.addresses import plain_ip, why_never
from apps.platform.config import Config, Profile
from apps.platform.contracts.rpc import ProviderSettings

_SCHEMES = {"url": ("http", "https"), "ws_url": ("ws", "wss")}


@dataclass(frozen=True)
class AddressRules:
    allows_loopback: bool

    @classmethod
    def of(cls, config: Config) -> AddressRules:
        return cls(config.rpc_gateway_loopback and config.profile is Profile.LAPTOP)

    def why_refused(self, address: str) -> str:
        """Empty where it may be called."""
        try:
            ip = plain_ip(address)
        except ValueError:
            return "it is no address"
        if ip.is_loopback and not self.allows_loopback:
            return "it is this machine itself; on a laptop TRACE_RPC_GATEWAY_LOOPBACK=1 allows that"
        return why_never(ip)

    def problem_of(self, provider: ProviderSettings) -> str:
        """In words that do not say where it is."""
        for name, url in (("url", provider.url), ("ws_url", provider.ws_url)):
            if url and (why := self._problem(url, _SCHEMES[name])):
                return f"Its {name} is not called: {why}."
        return ""

    def _problem(self, url: str, schemes: tuple[str, ...]) -> str:
        try:
            split = urlsplit(url)
            host, _ = split.hostname, split.port
        except ValueError:
            return "it is no URL"
        if split.scheme not in schemes or not host:
            return f"it is no {schemes[0]} or {schemes[1]} address"
        try:
            ip_address(host.partition("%")[0])
        except ValueError:
            return ""  # a name: what it leads to is looked at by every connection
        return self.why_refused(host)
