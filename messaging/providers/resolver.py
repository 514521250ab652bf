"""Finding the addresses of providers' APIs, for the HTTP client."""

from __future__ import annotations

import socket
from typing import Any

import aiohttp

from batchadmin.lib.outgoing import is_public

from .reachable import NotReachable, is_allowed, words_for


class Resolver(aiohttp.ThreadedResolver):
    """Finds the addresses of providers' APIs. aiohttp asks nobody about what is an address already: see `literal_check`."""

    async def resolve(self, host: str, port: int = 0, family: Any = socket.AF_INET) -> list[Any]:
        """What the host's name leads to; raises NotReachable."""
        try:
            found = await super().resolve(host, port, family)
        except OSError:
            raise NotReachable(words_for(host)) from None
        if not is_allowed(host, port) and not all(is_public(one["host"]) for one in found):
            raise NotReachable(words_for(host))
        return list(found)
