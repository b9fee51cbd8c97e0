"""The functions in this process, on real SDK clients, whose calls can be spoiled one by one."""

from collections.abc import Iterator
from functools import cache, partial

import boto3
import pytest
from botocore.retries.standard import ExponentialBackoff

from local.fake_realtime import Settings, Simulator
from realtime_sms.aws import clients
from tests.fakes.aws.server import AwsServer, Way
from tests.fakes.quiet import quiet
from tests.proof.faults.world import CLIENT, SECRET, TOKEN, World


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """Yield RealTime, and what there is of AWS."""
    settings = Settings(tokens=frozenset({TOKEN}), client_id=CLIENT, client_secret=SECRET)
    with Simulator(settings) as realtime, AwsServer() as server:
        yield World(realtime, server)


@pytest.fixture
def way() -> Way:
    """Let the SDK try as often as in production, and let nothing be late."""
    return Way(attempts=3)


@pytest.fixture(autouse=True)
def spoilable(world: World, way: Way, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the layer's own clients call the server, without back-off, and log nothing."""
    world.server.slow = 2 * way.patience
    made = cache(partial(clients._client.__wrapped__, read_timeout=way.patience, attempts=way.attempts))
    monkeypatch.setattr(clients, "_client", lambda service, *_, **__: made(service))
    monkeypatch.setattr(ExponentialBackoff, "delay_amount", lambda *_: 0)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    for name, value in (("ENDPOINT_URL", world.server.url), ("ACCESS_KEY_ID", "key"), ("SECRET_ACCESS_KEY", "secret")):
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "sa-east-1")
    clients.dynamodb.cache_clear()
    with quiet():
        yield
        world.join()
    clients.dynamodb.cache_clear()
