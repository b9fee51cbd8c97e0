"""The embedded AWS with what the send function needs of it, and RealTime in this process."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from local.embedded_aws import EmbeddedAws
from local.fake_realtime import Settings
from tests.fakes.tables import outcomes_table
from tests.proof.processes.watched import WatchedSimulator

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

TOKEN = "process-token"


@dataclass(frozen=True)
class World:
    """What a send function's process is surrounded by, and the environment by which it finds it."""

    realtime: WatchedSimulator
    table: "Table"
    queue_url: str
    environment: dict[str, str]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """Yield a table as in the template, a queue, a token, and RealTime with some latency."""
    with WatchedSimulator(Settings(tokens=frozenset({TOKEN}), latency_ms=15)) as realtime, EmbeddedAws() as aws:
        session = aws.session()
        table = outcomes_table(session.resource("dynamodb"))
        secret = session.client("secretsmanager").create_secret(
            Name="token", SecretString=json.dumps({"access_token": TOKEN})
        )
        sqs = session.client("sqs")
        queue, promotional, dead = (
            sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("send", "promotional", "dead")
        )
        environment = {
            **aws.environment,
            "OUTCOMES_TABLE_NAME": table.name,
            "OUTCOME_TTL_DAYS": "45",
            "REALTIME_BASE_URL": realtime.url,
            "TOKEN_SECRET_ARN": secret["ARN"],
            "FORGET_KEY_SECRET_ARN": "forget",
            "CALL_TIMEOUT_SECONDS": "10",
            "DEFAULT_REGION": "CL",
            "DEFAULT_SENDER": "96000",
            "PLAIN_TEXT_PREFIXES": "+56",
            "ALLOWED_PREFIXES": "+56",
            "MAX_ATTEMPTS": "12",
            "REPORTS_ASKED_PER_MINUTE": "60",
            "COST_ASKED_PER_MINUTE": "0",
            "SEND_QUEUE_URL": queue,
            "PROMOTIONAL_QUEUE_URL": promotional,
            "REFRESH_FUNCTION_NAME": "none",
            "DEAD_LETTER_QUEUE_URL": dead,
            "RECIPIENTS_PER_CALL": "1",
            "CALLS_IN_FLIGHT": "10",
            "MAX_PER_SECOND": "0",
        }
        yield World(realtime, table, queue, environment)
