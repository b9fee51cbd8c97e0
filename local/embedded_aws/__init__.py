"""The embedded AWS with the real template deployed on it, for `make demo`, `make local` and tests."""

from local.embedded_aws.running import ALLOWED_PREFIXES, PUBLISHERS, Items, Stack, running_stack
from local.embedded_aws.sam import SamError, build, deploy
from local.embedded_aws.server import ACCOUNT, REGION, Decision, EmbeddedAws, EmbeddedAwsError

__all__ = [
    "ACCOUNT",
    "ALLOWED_PREFIXES",
    "PUBLISHERS",
    "REGION",
    "Decision",
    "EmbeddedAws",
    "EmbeddedAwsError",
    "Items",
    "SamError",
    "Stack",
    "build",
    "deploy",
    "running_stack",
]
