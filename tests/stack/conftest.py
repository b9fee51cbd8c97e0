"""One deployed stack for all tests of a folder: building and deploying is what takes long.

`make acceptance` sets ACCEPTANCE_STACK to the name of a stack in an account. Without it the embedded AWS is used.
"""

import os
from collections.abc import Iterator

import pytest

from local.embedded_aws import PUBLISHERS, Stack, running_stack
from tests.acceptance.account import Account, find
from tests.stack.deployment import Deployment

SENDER = "96000"
PARAMETERS = {"DefaultSender": SENDER, "OptInWords": "ALTA", "AllowedPrefixes": "+56,+34,+49", **PUBLISHERS}


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """Yield the real template, sending to the simulator: in an account, or on the embedded AWS with IAM enforced."""
    if name := os.environ.get("ACCEPTANCE_STACK"):
        yield find(Account.of(), name)
        return
    with running_stack(PARAMETERS) as running:
        yield running


@pytest.fixture(scope="session")
def deployed(stack: Stack) -> Deployment:
    """Return the stack with what tests do to it."""
    return Deployment(stack)
