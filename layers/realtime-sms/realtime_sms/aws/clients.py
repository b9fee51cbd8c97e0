"""The AWS clients, each made at its first use: importing this module opens nothing and needs no environment."""

from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
import botocore
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from realtime_sms.aws.table import send_batches_as_json

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient

    from realtime_sms.aws.schedules import SchedulerClient

CONNECT_TIMEOUT = 2  # seconds
READ_TIMEOUT = 5  # seconds, for each of three attempts; what a store that hangs does not record ends as unknown
_USER_AGENT = f"Boto3/{boto3.__version__} Botocore/{botocore.__version__} realtime-sms"
INVOKE_TIMEOUT = 25  # seconds; one attempt, for a refresh that may have to wait for another one


@cache
def _client(service: str, read_timeout: float = READ_TIMEOUT, attempts: int = 3) -> Any:  # noqa: ANN401 (each caller names the type)
    config = Config(
        retries={"mode": "standard", "total_max_attempts": attempts},
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=read_timeout,
        tcp_keepalive=True,
        user_agent=_USER_AGENT,  # botocore writes a longer one, anew for each call: a tenth of the call's CPU
        parameter_validation=False,  # mypy has checked what is passed; doing it again is a fifth of a batch's CPU
    )
    return boto3.client(service, config=config)  # type: ignore[call-overload]  # a name that is not a literal


@cache
def dynamodb() -> "DynamoDBClient":
    """Return the DynamoDB client; batches must hold nothing that JSON does not have."""
    client: DynamoDBClient = _client("dynamodb")
    send_batches_as_json(client)
    return client


def events() -> "EventBridgeClient":
    """Return the EventBridge client."""
    client: EventBridgeClient = _client("events")
    return client


def sqs() -> "SQSClient":
    """Return the SQS client."""
    client: SQSClient = _client("sqs")
    return client


def scheduler() -> "SchedulerClient":
    """Return the EventBridge Scheduler client; a schedule that is not made at once is made at the next delivery."""
    client: SchedulerClient = _client("scheduler", CONNECT_TIMEOUT, attempts=1)
    return client


def secrets() -> "SecretsManagerClient":
    """Return the Secrets Manager client."""
    client: SecretsManagerClient = _client("secretsmanager")
    return client


def functions() -> "LambdaClient":
    """Return the Lambda client."""
    client: LambdaClient = _client("lambda", INVOKE_TIMEOUT, attempts=1)
    return client


def event_sources() -> "LambdaClient":
    """Return the Lambda client for event source mappings, which answer at once."""
    client: LambdaClient = _client("lambda")
    return client


def error_code(error: ClientError | BotoCoreError) -> str:
    """Return AWS's code of an error, or the name of its class if AWS did not answer; it quotes nothing of the call."""
    return error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
