"""The AWS clients, each made at its first use: importing this module opens nothing and needs no environment."""

from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient

_CONNECT_TIMEOUT = 2  # seconds
_READ_TIMEOUT = 5  # seconds; with three attempts a store that hangs costs no more than the margin of a wave
_INVOKE_TIMEOUT = 25  # seconds; one attempt, for a refresh that may have to wait for another one

__all__ = ["BotoCoreError", "ClientError", "dynamodb", "functions", "secrets", "sqs"]


@cache
def _client(service: str, read_timeout: float = _READ_TIMEOUT, attempts: int = 3) -> Any:  # noqa: ANN401 (each caller names the type)
    config = Config(
        retries={"mode": "standard", "total_max_attempts": attempts},
        connect_timeout=_CONNECT_TIMEOUT,
        read_timeout=read_timeout,
        tcp_keepalive=True,
    )
    return boto3.client(service, config=config)  # type: ignore[call-overload]  # a name that is not a literal


def dynamodb() -> "DynamoDBClient":
    """Give the DynamoDB client."""
    client: DynamoDBClient = _client("dynamodb")
    return client


def sqs() -> "SQSClient":
    """Give the SQS client."""
    client: SQSClient = _client("sqs")
    return client


def secrets() -> "SecretsManagerClient":
    """Give the Secrets Manager client."""
    client: SecretsManagerClient = _client("secretsmanager")
    return client


def functions() -> "LambdaClient":
    """Give the Lambda client."""
    client: LambdaClient = _client("lambda", _INVOKE_TIMEOUT, attempts=1)
    return client
