"""The functions in this process, on real SDK clients, whose calls can be spoiled one by one."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.retries.standard import ExponentialBackoff

from local.simulator import Settings, Simulator
from shell import clients
from tests.faults.server import AwsServer
from tests.faults.world import CLIENT, SECRET, TOKEN, World

PATIENCE = 0.15  # seconds for which the clients wait for an answer


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """Yield RealTime, and what there is of AWS."""
    settings = Settings(tokens=frozenset({TOKEN}), client_id=CLIENT, client_secret=SECRET)
    with Simulator(settings) as realtime, AwsServer(patience=PATIENCE) as server:
        yield World(realtime, server)


@pytest.fixture(params=[1, 2], ids=["one attempt", "the client tries again"])
def attempts(request: pytest.FixtureRequest) -> int:
    """Give how often the SDK tries by itself."""
    number: int = request.param
    return number


@pytest.fixture(autouse=True)
def spoilable(world: World, attempts: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the functions' clients call the server, with little patience and without back-off."""
    made: dict[str, Any] = {}
    config = Config(read_timeout=PATIENCE, retries={"mode": "standard", "total_max_attempts": attempts})
    session: Any = boto3.Session("key", "secret", region_name="sa-east-1")

    def client(service: str, *_: object, **__: object) -> Any:  # noqa: ANN401 (as in the shell)
        if service not in made:
            made[service] = session.client(service, endpoint_url=world.server.url, config=config)
        return made[service]

    monkeypatch.setattr(clients, "_client", client)
    monkeypatch.setattr(ExponentialBackoff, "delay_amount", lambda *_: 0)
