"""What is run in the measured processes: the send function, the straightforward consumer, and a bare POST."""

import json
import time
from collections.abc import Callable
from functools import cache
from typing import Any

import urllib3

from bench.environment import INVOCATION, TEXT, batch
from bench.stub import TOKEN


def send(messages: int, recipients: int) -> float:
    """Invoke the send function with one batch; give its CPU seconds."""
    from send.handler import lambda_handler  # noqa: PLC0415 (what is measured is loaded in its own process only)

    return _cpu(lambda records: lambda_handler({"Records": records}, INVOCATION), messages, recipients)  # type: ignore[arg-type]


def consume(messages: int, recipients: int) -> float:
    """Invoke the straightforward consumer with one batch; give its CPU seconds."""
    from bench.consumer import lambda_handler  # noqa: PLC0415

    return _cpu(lambda records: lambda_handler({"Records": records}, INVOCATION), messages, recipients)


def post(url: str, calls: int) -> float:
    """Make so many calls of RealTime's with nothing around them, on one kept connection; give their CPU seconds."""
    pool, body = _pool(url), json.dumps({"recipients": ["+56912345678"], "sender": "96000", "message": {"text": TEXT}})
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {TOKEN}"}
    start = time.process_time()
    for _ in range(calls):
        reply = pool.request("POST", "/api/sms", body=body, headers=headers)
        assert reply.json()["submissions"]
    return time.process_time() - start


@cache
def _pool(url: str) -> urllib3.HTTPConnectionPool:
    return urllib3.connection_from_url(url)


def _cpu(act: Callable[[list[dict[str, Any]]], Any], messages: int, recipients: int) -> float:
    records = batch(messages, recipients)
    start = time.process_time()
    kept = act(records)
    spent = time.process_time() - start
    assert kept == {"batchItemFailures": []}
    return spent
