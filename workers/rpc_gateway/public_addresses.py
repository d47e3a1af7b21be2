"""Where a feed may be: on the public internet, and nowhere else. Writers of DAGs choose the address, and one of them may mean harm."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

# The metadata service of a cloud, at an address that looks like any other.
_METADATA = frozenset({IPv4Address("168.63.129.16")})
_NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
# For examples in books, which some versions of Python do not know yet.
_BOOKS = IPv6Network("3fff::/20")
_V4_COMPATIBLE = IPv6Network("::/96")


@dataclass(frozen=True)
class PublicRules:
    """`allows_loopback`: for tests and trials on a laptop. Then a feed there may do without TLS as well."""

    allows_loopback: bool

    def why_refused(self, address: str) -> str:
        """Empty where it may be called."""
        try:
            ip = _inner(ip_address(address.partition("%")[0]))
        except ValueError:
            return "it is no address"
        if ip.is_loopback:
            return "" if self.allows_loopback else "it is not on the public internet"
        is_public = ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified or ip.is_link_local)
        if not is_public or ip in _METADATA or (isinstance(ip, IPv6Address) and (ip.is_site_local or ip in _BOOKS)):
            return "it is not on the public internet"
        return ""


def _inner(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """An IPv4 address that is written into one of IPv6 is what that leads to."""
    if isinstance(ip, IPv4Address):
        return ip
    if ip in _V4_COMPATIBLE and int(ip) > 1:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    if any(ip in one for one in _NAT64):
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else ip)
