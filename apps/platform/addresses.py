"""Where nothing outside of Trace is called, whoever wants it."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

# Some clouds give their metadata service an address that looks like any other.
_METADATA = frozenset({ip_address("fd00:ec2::254"), ip_address("100.100.100.200"), ip_address("168.63.129.16")})


def plain_ip(address: str) -> IPv4Address | IPv6Address:
    """An IPv4 address that is written as one of IPv6 is what it leads to. Raises ValueError for what is none."""
    ip = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address):
        return ip.ipv4_mapped or ip.sixtofour or ip
    return ip


def why_never(ip: IPv4Address | IPv6Address) -> str:
    """Empty where it may be called."""
    if ip in _METADATA or ip.is_link_local:
        return "it is link-local, where clouds keep credentials"
    if ip.is_unspecified or ip.is_multicast:
        return "it is no single machine"
    return ""
