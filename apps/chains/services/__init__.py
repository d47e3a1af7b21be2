"""Every change of pools, their providers and their keys."""

from apps.chains.services.keys import write_key
from apps.chains.services.pools import delete_pool, put_pool, switch_pool
from apps.chains.services.providers import delete_provider, put_provider, switch_provider
from apps.chains.services.seeding import SeededPool, seed_pools

__all__ = [
    "SeededPool",
    "delete_pool",
    "delete_provider",
    "put_pool",
    "put_provider",
    "seed_pools",
    "switch_pool",
    "switch_provider",
    "write_key",
]
