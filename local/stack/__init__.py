"""The embedded AWS with the real template on it, for the demo, for `make local` and for tests."""

from local.stack.embedded_aws import ACCOUNT, REGION, EmbeddedAws, EmbeddedAwsError
from local.stack.running import PUBLISHERS, Stack, running_stack
from local.stack.sam import Outputs, SamError, build, deploy

__all__ = [
    "ACCOUNT",
    "PUBLISHERS",
    "REGION",
    "EmbeddedAws",
    "EmbeddedAwsError",
    "Outputs",
    "SamError",
    "Stack",
    "build",
    "deploy",
    "running_stack",
]
