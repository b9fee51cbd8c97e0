"""Secrets Manager in memory: each method is an operation of its JSON protocol."""

from collections.abc import Mapping
from typing import Any

from tests.fakes.aws.errors import Refused


class FakeSecretsManager:
    """The current version of each secret, by ARN."""

    def __init__(self) -> None:
        super().__init__()
        self.secrets: dict[str, str] = {}

    def GetSecretValue(self, request: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802 (AWS's name, as below)
        """Return a secret."""
        if request["SecretId"] not in self.secrets:
            raise Refused("ResourceNotFoundException")
        return {"SecretString": self.secrets[request["SecretId"]]}

    def PutSecretValue(self, request: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        """Keep a secret."""
        self.secrets[request["SecretId"]] = request["SecretString"]
        return {}
