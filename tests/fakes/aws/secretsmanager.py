"""Secrets Manager in memory: as operations of its JSON protocol, and as a client."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from tests.fakes.aws.errors import Refused


class FakeSecretsManager:
    """The current version of each secret, by ARN."""

    def __init__(self) -> None:
        super().__init__()
        self.secrets: dict[str, str] = {}

    def GetSecretValue(self, request: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802 (AWS's name, as below)
        """Return a secret's current version: there is no other."""
        if request["SecretId"] not in self.secrets or request.get("VersionStage", "AWSCURRENT") != "AWSCURRENT":
            raise Refused("ResourceNotFoundException")
        return {"SecretString": self.secrets[request["SecretId"]]}

    def PutSecretValue(self, request: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N802
        """Keep a secret."""
        self.secrets[request["SecretId"]] = request["SecretString"]
        return {}


@dataclass
class SecretsClient:
    """A client of Secrets Manager for one secret, by the stages of its versions; if `failing`, it does not answer."""

    versions: dict[str, str]
    failing: bool = False
    reads: int = 0

    def get_secret_value(self, *, SecretId: str, VersionStage: str = "AWSCURRENT") -> dict[str, str]:  # noqa: ARG002, N803 (boto3's)
        """Return a version."""
        self.reads += 1
        code = "InternalServiceError" if self.failing else "ResourceNotFoundException"
        if self.failing or VersionStage not in self.versions:
            raise ClientError({"Error": {"Code": code}}, "GetSecretValue")
        return {"SecretString": self.versions[VersionStage]}
