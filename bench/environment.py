"""A function in a process of its own, surrounded by the stub, and the events that the send function is given."""

import json
import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from itertools import count
from types import SimpleNamespace
from typing import Any

from bench.stub import CALLBACK_KEY

TEXT = "Su pedido 4711 va en camino y llega hoy entre las 10 y las 14 horas."
_SERIAL = count(1)
INVOCATION = SimpleNamespace(
    get_remaining_time_in_millis=lambda: 60_000,
    function_name="send",
    memory_limit_in_mb=1024,
    invoked_function_arn="arn:aws:lambda:us-east-1:000000000000:function:send",
    aws_request_id="0",
)
"""What the runtime tells the function: always a minute left."""


def environment(url: str, **more: str) -> dict[str, str]:
    """Give the functions' variables as the template sets them, with the stub behind every address."""
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "REALTIME_BASE_URL": url,
        "OUTCOMES_TABLE_NAME": "outcomes",
        "OUTCOME_TTL_DAYS": "45",
        "TOKEN_SECRET_ARN": "token",
        "CREDENTIALS_SECRET_ARN": "credentials",
        "CALL_TIMEOUT_SECONDS": "10",
        "DEFAULT_REGION": "CL",
        "DEFAULT_SENDER": "96000",
        "PLAIN_TEXT_PREFIXES": "+56",
        "MAX_ATTEMPTS": "12",
        "REPORTS_ASKED_PER_MINUTE": "60",
        "SEND_QUEUE_URL": f"{url}/send",
        "REFRESH_FUNCTION_NAME": "none",
        "CALLBACK_KEY_SECRET_ARN": CALLBACK_KEY,
        "OPT_OUT_WORDS": "STOP,BAJA",
        "OPT_IN_WORDS": "ALTA",
        "EVENT_BUS_NAME": "outcomes",
        "DEAD_LETTER_QUEUE_URL": f"{url}/dead",
        "RECIPIENTS_PER_CALL": "1",
        "CALLS_IN_FLIGHT": "50",
        "MAX_PER_SECOND": "0",
        **more,
    }


def batch(messages: int, recipients: int) -> list[dict[str, Any]]:
    """Give the records of an SQS event, with ids and numbers that were in none before."""
    return [record(numbers(next(_SERIAL) * recipients, recipients)) for _ in range(messages)]


def numbers(first: int, how_many: int) -> list[str]:
    """Give Chilean mobile numbers."""
    return [f"+569{(first + offset) % 100_000_000:08}" for offset in range(how_many)]


def record(recipients: list[str]) -> dict[str, Any]:
    """Give one record of an SQS event, with an id that was in none before."""
    serial = next(_SERIAL)
    body = {
        "requestId": f"bench-{os.getpid()}-{serial}",
        "recipients": recipients,
        "sender": "96000",
        "message": {"text": TEXT},
    }
    return {
        "messageId": f"message-{serial}",
        "receiptHandle": f"handle-{serial}",
        "body": json.dumps(body),
        "attributes": {"ApproximateReceiveCount": "1"},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:send",
        "awsRegion": "us-east-1",
    }


type Run = Callable[..., Any]


@contextmanager
def process(variables: dict[str, str]) -> Iterator[Run]:
    """Yield what runs a function in another process that has these variables; its output goes to BENCH_LOG, if any."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn, initializer=_settle_in, initargs=(variables,)) as pool:
        yield lambda act, *given: pool.submit(act, *given).result()


def _settle_in(variables: dict[str, str]) -> None:
    os.environ.update(variables)
    log = os.open(variables.get("BENCH_LOG", os.devnull), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, sys.stdout.fileno())
