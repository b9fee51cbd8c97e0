"""The embedded AWS with the real template on it, for the demo, for `make local` and for tests."""

from local.embedded_aws.running import PUBLISHERS, Stack, running_stack
from local.embedded_aws.sam import Outputs, SamError, build, deploy
from local.embedded_aws.server import ACCOUNT, REGION, EmbeddedAws, EmbeddedAwsError

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
