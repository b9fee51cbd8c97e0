"""Servers, clients and certificates that end with the test."""

import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest

from realtime_sms.provider.client import RealTimeClient
from tests.provider.servers import Authority, Script, Server


@dataclass(frozen=True)
class Bench:
    """Both ends of a wire: makes servers and the clients that call them."""

    server_context: ssl.SSLContext | None
    client_context: ssl.SSLContext
    ends: ExitStack = field(default_factory=ExitStack)

    def serve(self, *scripts: Script) -> Server:
        """Start a server that plays the scripts, over TLS if this wire has it."""
        return self.ends.enter_context(Server(*scripts, context=self.server_context))

    def realtime(self, base_url: str, *, deadline: float = 5, **options: Any) -> RealTimeClient:  # noqa: ANN401  as it has them
        """Make a client that trusts the test's authority."""
        client = RealTimeClient(base_url, deadline=deadline, **{"ssl_context": self.client_context, **options})
        self.ends.callback(client.close)
        return client


@pytest.fixture(scope="session")
def authority() -> Authority:
    """Make one certificate authority for the run."""
    return Authority()


@pytest.fixture(scope="session")
def contexts(authority: Authority) -> dict[str, ssl.SSLContext | None]:
    """Make the server's side of each kind of wire."""
    return {"plain": None, "tls": authority.server()}


@pytest.fixture(params=["plain", "tls"])
def bench(
    request: pytest.FixtureRequest, authority: Authority, contexts: dict[str, ssl.SSLContext | None]
) -> Iterator[Bench]:
    """Yield a wire without TLS, and one with it."""
    made = Bench(contexts[request.param], authority.client())
    with made.ends:
        yield made
