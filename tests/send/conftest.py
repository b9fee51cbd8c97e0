"""The send function's handler with the template's environment, in an AWS of our own."""

import json
from collections.abc import Iterator

import pytest

from local.embedded_aws import ALLOWED_PREFIXES
from local.fake_realtime import Settings, Simulator
from realtime_sms.aws import clients, settings
from send import admission
from send.handler import Sender
from tests.fakes.aws.account import FakeAws
from tests.fakes.quiet import quiet
from tests.template.rendered import rendered

TOKEN = "local-token"


def _forget() -> None:
    """Let the environment be read anew, and clients be made anew."""
    Sender.from_environment.cache_clear()
    clients._client.cache_clear()
    clients.dynamodb.cache_clear()
    settings.read.cache_clear()


@pytest.fixture(scope="module")
def realtime() -> Iterator[Simulator]:
    """Yield RealTime."""
    with Simulator(Settings(tokens=frozenset({TOKEN}))) as simulator:
        yield simulator


@pytest.fixture(scope="module")
def aws(realtime: Simulator) -> Iterator[FakeAws]:
    """Yield a fake AWS, in the place of every client's network."""
    told = rendered(AllowedPrefixes=ALLOWED_PREFIXES)["SendFunction"]["Properties"]["Environment"]["Variables"]
    own = {
        "REALTIME_BASE_URL": realtime.url,
        "AWS_DEFAULT_REGION": "sa-east-1",
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "secret",
    }
    aws = FakeAws()
    aws.dead_letter_queue = str(told["DEAD_LETTER_QUEUE_URL"])
    aws.secrets[str(told["TOKEN_SECRET_ARN"])] = json.dumps({"access_token": TOKEN})
    with pytest.MonkeyPatch.context() as patch, quiet():
        patch.setattr(admission, "_SHUT_SECONDS", 0.0)
        for name, value in {**told, **own}.items():
            patch.setenv(name, str(value))
        _forget()
        for client in (clients.dynamodb(), clients.sqs(), clients.secrets(), clients.functions()):
            client.meta.events.register("before-call", aws.respond)  # type: ignore[arg-type]  # which may answer
        yield aws
        _forget()


@pytest.fixture
def fresh(aws: FakeAws) -> Iterator[FakeAws]:
    """Yield the fake AWS, empty, with a sender that remembers nothing."""
    aws.clear()
    Sender.from_environment.cache_clear()
    yield aws
    Sender.from_environment()._client.close()
